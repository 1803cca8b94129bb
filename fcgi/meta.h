/* meta: what every answer says about its figures beside them: as of when, how far behind, complete, proved.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "fcgi/response.h"
#include "stores/view.h"

struct meta {
  bool known; /* false: there is no picture; as_of, lag_ms and position are null */
  cluster_time position;
  int64_t as_of_ms;
  int64_t lag_ms; /* never below 0, whatever the clocks say */
  bool complete;
  int64_t verified_through; /* seconds; 0: null */
  const char *timezone;     /* NULL: null; as the others here borrowed from the view or stamp */
  const char *currency;     /* the one that all of the answer is in, or NULL */
  GString *warnings;        /* JSON objects joined by commas; owned */
};

void meta_of_view(struct meta *meta, const struct view *view, int64_t now_ms);
void meta_of_stamp(struct meta *meta, const struct view_stamp *stamp, int64_t now_ms);
void meta_of_nothing(struct meta *meta);
void meta_clear(struct meta *meta);

/* One warning more: texts of our own. */
void meta_warn(struct meta *meta, const char *code, const char *detail);

/* The stamp for answers whose body has no meta, or no body: Takings-As-Of and Takings-Position. */
void meta_put_headers(const struct meta *meta, struct response *response);

/* "as_of","lag_ms","position", without braces. */
void meta_write_stamp(const struct meta *meta, GString *out);
/* The value of "verified_through". */
void meta_write_verified(const struct meta *meta, GString *out);
/* The members that change only with the figures, without braces: part of what an ETag is made of. */
void meta_write_lasting(const struct meta *meta, GString *out);
/* The whole object. */
void meta_write(const struct meta *meta, GString *out);
