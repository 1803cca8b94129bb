/* draft: an order as a file has it, before the rules are checked: an order body, the lines of the file that
 * it came from, and what is wrong with it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>
#include <json-c/json.h>

#include "base/err.h"
#include "domain/violations.h"

#define DRAFT_FAULTS_MAX 1000 /* further ones of the same order are not kept */

struct fault {
  size_t line;      /* of the file */
  char *field;      /* ours, or a JSON pointer; "" when it is the row as a whole */
  const char *code; /* as in a problem document: "invalid_field" */
  char *reason;     /* without raw input */
};

struct draft {
  size_t line;              /* the file's line that it begins on */
  size_t rows;              /* how many rows it was made of */
  struct json_object *body; /* the order body; NULL when it could not be read */
  GArray *sources; /* size_t: the file's line behind each of the body's lines; empty for order bodies */
  GArray *faults;  /* struct fault */
};

void draft_init(struct draft *draft);
void draft_clear(struct draft *draft);

/* `code` must be static. */
void draft_fault(struct draft *draft, size_t line, const char *field, const char *code, const char *reason,
                 ...) __attribute__((format(printf, 5, 6)));

/* A failed call's text as the reason; the code follows from the result, or is `code` when that is not NULL.
 */
void draft_fault_err(struct draft *draft, size_t line, const char *field, const char *code,
                     const struct err *e);

/* Takes over the violations that the rules found in the body: line and field as the file knows them. */
void draft_take_violations(struct draft *draft, const struct violations *violations);

/* A source of drafts: one format of file. */
struct drafts {
  /* The next order of the file, or *end. `out` must be initialised. A bad row is no failure: the draft has
   * faults then. RESULT_INVALID: the rest of the file cannot be read; what is lost by that were bad rows
   * before. */
  MUST_CHECK enum result (*next)(struct drafts *self, struct draft *out, bool *end, struct err *e);
  void (*free)(struct drafts *self);
};

void drafts_free(struct drafts *drafts); /* NULL is fine */
