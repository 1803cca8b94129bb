/* exit_status: how a program ends, by the numbers of sysexits.h: one table for all of them. The manual pages
 * list the numbers. */
#pragma once

#include "base/err.h"

/* While it starts, a program has no other input than its configuration, and needs the system's help (sockets,
 * threads, random bits); later its input is what it was asked for. */
enum exit_phase { EXIT_STARTING, EXIT_RUNNING };

int exit_status(enum result result, enum exit_phase phase);
