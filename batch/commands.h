/* commands: what cron and people ask of takings-batch. Each goes through the merchants asked for, one by one,
 * says what it did, and returns an exit status (sysexits; 1: figures differ). */
#pragma once

#include <stdbool.h>

#include "batch/batch.h"
#include "batch/verify.h"
#include "stores/mongo.h"

struct command {
  struct batch batch;
  struct mongo *mongo;
  const char *merchant; /* NULL: all */
  struct verify_range range;
  bool json;
  int64_t parked; /* hours that close hour left so, of all merchants */
  bool quiet;     /* as text, tell only of merchants with something wrong: cron mails whatever is printed */
};

int command_close_hour(struct command *command);
int command_close_day(struct command *command);
int command_rebuild(struct command *command);
int command_verify(struct command *command);
