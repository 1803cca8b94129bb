/* json_out: JSON text straight into a string. Large answers are made of integers: a tree of objects would
 * cost more than reading the rows. Commas and names are the caller's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

void json_out_string(GString *out, const char *text); /* UTF-8; quoted and escaped; NULL: null */
void json_out_int(GString *out, int64_t value);
/* Numbers one after the other: at most `count` of JSON_OUT_INT_MAX bytes and a separator each are written at
 * the place that json_out_begin gives; json_out_end gets the place behind them. Much faster than one by one.
 */
#define JSON_OUT_INT_MAX 20 /* -9223372036854775808 */
char *json_out_begin(GString *out, gsize count);
char *json_out_digits(char *at, int64_t value); /* returns the place behind the number */
void json_out_end(GString *out, char *end);
void json_out_bool(GString *out, bool value);
void json_out_instant_ms(GString *out, int64_t ms);     /* "2026-11-23T13:00:00.000Z" */
void json_out_instant_s(GString *out, int64_t seconds); /* "2026-11-23T13:00:00Z" */
