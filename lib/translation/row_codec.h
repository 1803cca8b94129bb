/* row_codec: rows as dense strings: slot i is 1 + METRIC_ADDITIVE little-endian int64, the start and the columns; an
 * all-zero or missing slot was never written and means zero (docs/data.md, "Rows"). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "domain/row.h"

#define ROW_CODEC_SIZE (8 * (1 + METRIC_ADDITIVE))

void row_codec_write(const struct row *row, uint8_t out[ROW_CODEC_SIZE]);

/* Reads slot `slot` of a dense string (NULL: no string). A slot never written gives the zero row at `start`. A slot with
 * another start, a length that is no multiple of the slot, a sum out of range or a broken balance: RESULT_CORRUPT. */
MUST_CHECK enum result row_codec_read(GBytes *dense, size_t slot, int64_t start, struct row *out, struct err *e);
