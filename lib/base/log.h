/* log: one line per event on standard error: `ts=... level=... event=... key=value ...`.
 *
 * Every line names its subject (request_id, merchant, bucket). Secrets, notes and raw input never go in.
 * Values that may hold blanks are quoted by the caller with log_quote.
 */
#pragma once

#include <stddef.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* The program's name, first field of every line; call once, before the threads start. */
void log_init(const char *program, enum log_level least);

/* Writes one line, in one write call. Control characters in the result are replaced by '?', so that no value
 * can begin a line of its own. `fields` may be "" . */
void log_event(enum log_level level, const char *event, const char *fields, ...)
    __attribute__((format(printf, 3, 4)));

/* Copies `text` in double quotes into `out`, with '"', '\' and control characters replaced; cut to fit.
 * Returns `out`. */
const char *log_quote(char *out, size_t size, const char *text);
