/* batch_line: one line of a batch of orders: a JSON object that holds what POST /orders takes and the
 * `idempotency_key` that stands in a header there. The rules, the keys and the answers are the same. */
#pragma once

#include "fcgi/posting.h"

/* What lines share. */
struct batch_terms {
  const struct exchange *x;
  const struct merchant *merchant;
  int64_t now_ms;
  bool dry_run; /* then a line needs no key */
};

struct batch_line {
  enum posting_verdict verdict;
  struct entry entry;     /* what the line says; once it was put, what is stored under its key */
  GString *problem;       /* why it is refused; NULL: it is not */
  int problem_status;     /* of that */
  struct ledger_item put; /* of the first line with its key only: what the ledger said */
  cluster_time position;
};

/* Reads and checks a line; POSTING_REFUSED_NOW only with a key that can be used. Afterwards:
 * batch_line_clear.
 */
void batch_line_read(struct batch_line *line, const struct batch_terms *terms, const char *text,
                     size_t length);
void batch_line_clear(struct batch_line *line);

enum batch_outcome { BATCH_STORED, BATCH_REPLAYED, BATCH_FAILED, BATCH_TRIED /* by a dry run */ };

/* Writes the line's result. `leader` is the line that was put for its key, which may be the line itself; NULL
 * when none was: a refused line, or a dry run. */
enum batch_outcome batch_line_write(const struct batch_line *line, const struct batch_line *leader,
                                    const struct batch_terms *terms, size_t number, GString *out);
