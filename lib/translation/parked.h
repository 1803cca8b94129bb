/* parked: the hours of a merchant whose entries cannot be folded (Redis key tk:{m}:<prefix>:parked), and the
 * list's text form. A parked hour, its minutes and its day are unknown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "base/cluster_time.h"
#include "base/err.h"

#define PARKED_ANY_CURRENCY "***"

struct parked {
  int64_t start, end; /* the local hour, seconds */
  char currency[4];   /* or PARKED_ANY_CURRENCY: the poison entry's currency could not be told */
  cluster_time at;    /* the time it was found unreadable at; parking again rewrites it */
};

struct parked_list {
  GArray *items; /* of struct parked, by start then currency */
};

void parked_list_init(struct parked_list *list);
void parked_list_clear(struct parked_list *list);
void parked_list_put(struct parked_list *list, const struct parked *item);
bool parked_list_remove(struct parked_list *list, int64_t start,
                        const char *currency); /* true when it was there */
/* Whether the hour starting at `start` is parked for that currency (or for any). */
bool parked_list_has(const struct parked_list *list, int64_t start, const char *currency);

char *parked_list_encode(const struct parked_list *list); /* g_free */
MUST_CHECK enum result parked_list_decode(GBytes *bytes, struct parked_list *out,
                                          struct err *e); /* NULL bytes: empty */
