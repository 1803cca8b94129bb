/* head: how far all merchants' rows are true (Redis key tk:head), and its text form (docs/data.md, "Head").
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "base/cluster_time.h"
#include "base/err.h"

#define EPOCH_SIZE 17 /* 16 hex digits */

struct head {
  char epoch[EPOCH_SIZE]; /* random; cards of another epoch mean nothing */
  bool has_ck;
  cluster_time ck;    /* the checkpoint */
  int64_t ck_wall_ms; /* its wall time */
  char *token;        /* the stream's position at ck; owned; NULL without ck */
  char pipeline[17];  /* hash of the stream's pipeline that a resume token belongs to */
  bool has_mark;      /* a rebuild is under way */
  cluster_time mark;  /* T0: every merchant is re-cut to this or later */
  char *mark_token;   /* the stream's position at T0; owned */
};

void head_init(struct head *head);
void head_clear(struct head *head);
void head_copy(struct head *to, const struct head *from); /* `to` must be initialised */

/* Makes a head as it is at the start of a rebuild: new random epoch, no ck, no mark. */
void head_new(struct head *head);

/* Text form; the caller owns it: g_free. */
char *head_encode(const struct head *head);
/* Strict; RESULT_CORRUPT otherwise. `out` must be initialised. */
MUST_CHECK enum result head_decode(GBytes *bytes, struct head *out, struct err *e);
