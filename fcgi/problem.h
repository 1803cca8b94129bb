/* problem: refusals and failures as problem documents (RFC 9457): what each code means is one table, what a
 * failed call becomes is another. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "domain/violations.h"
#include "fcgi/response.h"

/* What a code means. */
struct problem {
  const char *code;
  int status;
  const char *title;   /* a few words, the same each time */
  const char *meaning; /* what happened: a sentence or two */
  const char *remedy;  /* what whoever sent the request can do */
};

/* All of them, also those that only nginx answers; the pages under /problems/ are made of this table. */
extern const struct problem problem_table[];
extern const size_t problem_count;

/* Never NULL: a code that is not in the table is a bug and reads as "internal". */
const struct problem *problem_find(const char *code);

/* The code of a failed call: RESULT_UNAVAILABLE gives "unavailable". */
const char *problem_of_result(enum result result);

/* Answers {"type","title","status","detail","code","request_id","errors"} over whatever the response held;
 * the headers that were set stay. A 503 gets Retry-After. `detail` holds no raw input. */
void problem_answer(struct response *response, const char *request_id, const char *code, const char *detail);

/* The same with one more member; `json` is its value. */
void problem_answer_with(struct response *response, const char *request_id, const char *code,
                         const char *detail, const char *member, const char *json);

/* The same with all violations in errors[]; code and detail are those of the first. There must be one. */
void problem_answer_violations(struct response *response, const char *request_id,
                               const struct violations *violations);

/* The document alone, as one part of an answer that is about several things. Both return its status. */
int problem_write(GString *out, const char *request_id, const char *code, const char *detail);
int problem_write_violations(GString *out, const char *request_id, const struct violations *violations);
