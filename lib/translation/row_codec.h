/* row_codec: rows as dense strings: slot i is 1 + METRIC_ADDITIVE little-endian int64, the start and the
 * columns; an all-zero or missing slot was never written and means zero (docs/data.md, "Rows"). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "domain/row.h"

#define ROW_CODEC_SIZE (8 * (1 + METRIC_ADDITIVE))

/* How stored rows are laid out: rows that were cut under another metric table have other columns. */
struct row_layout {
  size_t columns;             /* int64 behind the start */
  int where[METRIC_ADDITIVE]; /* which of them this build's metric is; -1: not kept in these rows */
};

/* This build's: "<definitions version>:<name>,<name>..." in the order of the columns. `out` holds
 * ROW_LAYOUT_TEXT_SIZE. */
#define ROW_LAYOUT_TEXT_SIZE 512
const char *row_layout_format(char out[ROW_LAYOUT_TEXT_SIZE]);

/* The layout that such a text tells. RESULT_STALE: of other definitions, so that equal names may not mean the
 * same; RESULT_CORRUPT: no such text. */
MUST_CHECK enum result row_layout_parse(const char *text, struct row_layout *out, struct err *e);

/* Reads a slot of rows laid out like that; metrics that are not kept in them are 0 in `out`. As
 * row_codec_read. */
MUST_CHECK enum result row_codec_read_laid_out(const struct row_layout *layout, GBytes *dense, size_t slot,
                                               int64_t start, struct row *out, struct err *e);

void row_codec_write(const struct row *row, uint8_t out[ROW_CODEC_SIZE]);

/* Reads slot `slot` of a dense string (NULL: no string). A slot never written gives the zero row at `start`.
 * A slot with another start, a length that is no multiple of the slot, a sum out of range or a broken
 * balance: RESULT_CORRUPT. */
MUST_CHECK enum result row_codec_read(GBytes *dense, size_t slot, int64_t start, struct row *out,
                                      struct err *e);

/* What slot `slot` holds, whether it makes sense or not; a slot never written holds zeros, its start
 * included. False: the string is no whole number of slots. */
bool row_codec_peek(GBytes *dense, size_t slot, struct row *out);
