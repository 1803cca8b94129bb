/* searching: the places for questions that may go through a merchant's whole history in MongoDB. Each holds a
 * thread and one of the worker's places at MongoDB for seconds, so there are few, a merchant has one of them,
 * and what else is asked of MongoDB goes on. Who finds none waits a moment, where those who wait for a
 * position do (fcgi/waiting.h). */
#pragma once

#include "fcgi/exchange.h"

/* Takes a place for the request's merchant; false after it has answered. Give back with searching_leave. */
bool searching_enter(struct exchange *x);
void searching_leave(struct exchange *x);

/* The same without an answer. */
bool searching_take(struct exchange *x);
