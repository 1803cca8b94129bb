/* stores_test: what the tests of the stores share. They need real servers: TAKINGS_TEST_CONFIG names the
 * takings.conf of a stack (`scripts/stack start --no-takings`); without it they are skipped. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <glib.h>

#include "base/conf.h"
#include "base/err.h"

/* Fails the test with the error's text unless the call's result is the one wanted. */
#define assert_result(wanted, call)                                                                          \
  do {                                                                                                       \
    struct err e = ERR_NONE;                                                                                 \
    enum result got = (call);                                                                                \
    if (got != (wanted))                                                                                     \
      fail_msg("%s: %s instead of %s: %s", #call, result_name(got), result_name(wanted), e.text);            \
  } while (0)

static struct conf *stores_conf;

/* Loads the configuration; false when there is none: then it has printed the empty plan that means "skipped"
 * in TAP. */
static inline bool stores_test_begin(void)
{
  const char *path = getenv("TAKINGS_TEST_CONFIG");
  if (path == NULL || path[0] == '\0') {
    puts("1..0 # SKIP TAKINGS_TEST_CONFIG names no configuration");
    return false;
  }
  struct err e = ERR_NONE;
  if (conf_load(path, &stores_conf, &e) != RESULT_OK) {
    fprintf(stderr, "%s\n", e.text);
    exit(EXIT_FAILURE);
  }
  return true;
}

static inline int stores_test_end(int failed)
{
  conf_free(stores_conf);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
