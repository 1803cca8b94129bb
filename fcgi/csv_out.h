/* csv_out: CSV text straight into a string (RFC 4180), for people who open it in a spreadsheet. Commas come
 * by themselves; the first cell of a row must not be empty. */
#pragma once

#include <stdint.h>

#include <glib.h>

#define CSV_OUT_TYPE "text/csv; charset=utf-8; header=present"

/* UTF-8; quoted. One that begins with = + - @ TAB or CR would be a formula: an apostrophe comes before it. */
void csv_out_text(GString *out, const char *text);
void csv_out_int(GString *out, int64_t value);
/* In major units with all digits of the minor one: 1250, 2 -> 12.50. */
void csv_out_money(GString *out, int64_t minor, int exponent);
void csv_out_empty(GString *out); /* an unknown figure */
void csv_out_end_row(GString *out);
