/* field: what one member of a request body is: name, type and limits, declared in const tables.
 *
 * The tables of orders and refunds (order_table, refund_table) drive reading from JSON, checking and hashing,
 * so that a limit is written once. A record that is described by a table carries `uint32_t faults`: bit i
 * says that field i was refused already; nobody reports it again, and rules that need it are skipped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/violations.h"

enum field_type {
  FIELD_INTEGER,   /* int64_t; limits: its value */
  FIELD_CODE,      /* char *; letters, digits and . _ : / # @ + - ; limits: bytes */
  FIELD_PRINTABLE, /* char *; visible ASCII, no blanks; limits: bytes */
  FIELD_PROSE,     /* char *; UTF-8 without control characters; limits: code points */
  FIELD_TEXT,      /* char *; any UTF-8; limits: bytes */
  FIELD_CURRENCY,  /* char[4]; no limits */
  FIELD_INSTANT,   /* int64_t, ms since the epoch; no limits */
  FIELD_LIST,      /* pointer to the first of an array of records; limits: how many */
};

#define FIELD_UNFLAGGED SIZE_MAX /* absence needs no flag: it is 0, NULL or an empty list */

struct field_table;

struct field {
  const char *name;
  enum field_type type;
  bool required;
  int64_t least, most;
  size_t offset;                   /* of the value in its record */
  bool nullable;                   /* texts: null counts as given, and leaves NULL */
  size_t given;                    /* of the bool that says whether it was given, or FIELD_UNFLAGGED */
  const struct field_table *items; /* FIELD_LIST: what the elements are */
  size_t items_count;              /* FIELD_LIST: offset of the size_t that says how many */
};

/* A table of one field whose name is "" describes elements of a list that are bare values, no objects. */
struct field_table {
  const struct field *fields;
  size_t count;       /* at most 32 */
  size_t record_size; /* of the struct that the fields lie in */
  size_t faults;      /* offset of its uint32_t faults */
};

#define FIELD_POINTER_SIZE 128 /* holds every JSON pointer of the tables */

/* Adds a violation at `<pointer>/<name>`, or at `<pointer>` when the name is "". `code` must be static. */
void field_refuse(struct violations *violations, const char *pointer, const char *name, const char *code,
                  const char *detail, ...) __attribute__((format(printf, 5, 6)));

bool field_table_is_bare(const struct field_table *table);

/* The code of a field that is missing or of another type: "invalid_field", "invalid_currency",
 * "invalid_timestamp". */
const char *field_code(const struct field *field);

/* What the field must be, as a sentence: "must be a whole number from 1 to 1000000". `out` holds
 * FIELD_RULE_SIZE. */
#define FIELD_RULE_SIZE 128
const char *field_rule(const struct field *field, char out[FIELD_RULE_SIZE]);

/* Whether a text of a text's field is what the rule says. */
bool field_text_valid(const struct field *field, const char *text);

/* Whether the field was refused already; and refusing it. */
bool field_faulty(const struct field_table *table, const void *record, size_t index);
void field_mark_faulty(const struct field_table *table, void *record, size_t index);

/* Whether the record has a value for the field: its flag, or a value other than NULL, "" or an empty list;
 * integers without a flag always have one. */
bool field_given(const struct field *field, const void *record);
/* Sets the field's flag, if it has one. */
void field_set_given(const struct field *field, void *record);

/* Checks all limits of a record and of the records in its lists, adds a violation for each fault and marks
 * it. `pointer` is where the record lies in the body: "" for the body itself. */
void field_check(const struct field_table *table, void *record, const char *pointer,
                 struct violations *violations);

/* The value of a field of that type. Borrowed from the record, and as writable as the record is. */
int64_t *field_integer(const struct field *field, const void *record);
char **field_text(const struct field *field, const void *record);
char *field_currency(const struct field *field, const void *record); /* its four bytes */

/* The elements of a list: records in one block that field_clear frees. */
void field_list_take(const struct field *field, void *record, void *first, size_t count);
size_t field_item_count(const struct field *field, const void *record);
void *field_item(const struct field *field, const void *record, size_t index);

/* Frees all texts and lists of a record. */
void field_clear(const struct field_table *table, void *record);
