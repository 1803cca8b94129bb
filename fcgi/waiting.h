/* waiting: the places for requests that wait for a position: each holds a thread, so there are only as many
 * as leave threads for those who do not wait, and no merchant may hold them all. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "domain/merchant.h"

struct waiting {
  pthread_mutex_t lock;
  char (*merchants)[MERCHANT_ID_SIZE]; /* [places], the first `taken` of them; owned */
  size_t places, taken;
};

/* Half of the threads may wait, one at least. Caller owns: waiting_clear. */
void waiting_init(struct waiting *waiting, size_t threads);
void waiting_clear(struct waiting *waiting);

/* Takes a place for that merchant, who may hold half of them, one at least. False: none is free for it. A
 * place that was taken is given back by waiting_leave. */
bool waiting_enter(struct waiting *waiting, const char *merchant);
void waiting_leave(struct waiting *waiting, const char *merchant);
