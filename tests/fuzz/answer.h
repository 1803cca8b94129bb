/* answer: what every answer of a worker must be, whatever was asked and whatever the stores said. */
#pragma once

#include "tests/worker/call.h"

/* Checks an answer: a status of ours, lines of visible characters, JSON where JSON is announced, a problem
 * where something was refused. Returns the status. */
int answer_check(const struct answer *answer);
