/* table: a table for a terminal: a heading, rows, columns as wide as their widest cell. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table;

/* `headings`: NULL-terminated; one that begins with '>' is set without it, and its column is aligned right.
 * Caller owns: table_free. */
struct table *table_new(const char *const *headings);
void table_free(struct table *table);

/* Adds a cell; the row is full after as many as there are headings. Copies `text`. */
void table_add(struct table *table, const char *text);
void table_add_format(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

void table_print(const struct table *table, FILE *stream);
