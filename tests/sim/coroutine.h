/* coroutine: many actors on one thread. Each store call of an actor is a step: it gives the processor back to
 * the scheduler, which decides who goes on. */
#pragma once

#include <stdbool.h>

struct coroutine;

/* Will run body(arg) on a stack of its own when it is first resumed. */
struct coroutine *coroutine_new(void (*body)(void *arg), void *arg);
/* Must have finished: a body that is not wanted any more is made to return through its own error paths. */
void coroutine_free(struct coroutine *coroutine);

/* From the scheduler: runs it until its next yield or its end. */
void coroutine_resume(struct coroutine *coroutine);
bool coroutine_finished(const struct coroutine *coroutine);

/* From a body: back to the scheduler. */
void coroutine_yield(void);
