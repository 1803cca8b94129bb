#include "batch/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "base/counters.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "batch/close.h"
#include "batch/standing.h"
#include "domain/bucket.h"
#include "stores/proofs.h"

#define EXIT_DIFFERS 1

/* ---- going through the merchants ---- */

static void collect_id(const char *id, void *arg)
{
  g_ptr_array_add(arg, g_strdup(id));
}

MUST_CHECK static enum result merchants_of(struct command *command, GPtrArray *ids, struct err *e)
{
  struct fold_source *source = command->batch.source;
  struct merchant merchant;
  cluster_time now;
  enum result r = source->now(source, &now, e);
  if (r != RESULT_OK)
    return r;
  if (command->merchant == NULL)
    return source->merchants(source, now, collect_id, ids, e);
  r = source->merchant(source, now, command->merchant, &merchant, e);
  if (r == RESULT_OK)
    g_ptr_array_add(ids, g_strdup(command->merchant));
  return r;
}

/* Whether a merchant's line is to be printed. */
static bool tells(const struct command *command, int status)
{
  return !command->json && (!command->quiet || status != EXIT_SUCCESS);
}

/* Does one merchant; returns an exit status. */
typedef int (*each_fn)(struct command *command, const char *merchant, struct json_object *out);

static void print_results(const struct command *command, struct json_object *results)
{
  if (command->json)
    printf("%s\n", json_object_to_json_string_ext(results, JSON_C_TO_STRING_PLAIN));
}

/* All merchants, also after one has failed; the worst status wins. */
static int each_merchant(struct command *command, const char *event, each_fn each)
{
  struct err e = ERR_NONE;
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
  enum result r = merchants_of(command, ids, &e);
  if (r != RESULT_OK) {
    log_event(LOG_LEVEL_ERROR, event, "result=%s why=\"%s\"", result_name(r), e.text);
    fprintf(stderr, "takings-batch: %s\n", r == RESULT_NOT_FOUND ? "no such merchant" : e.text);
    return exit_status(r, EXIT_RUNNING);
  }
  int worst = EXIT_SUCCESS;
  struct json_object *results = json_object_new_array();
  for (guint i = 0; i < ids->len; i++) {
    struct json_object *out = json_object_new_object();
    json_object_object_add(out, "merchant", json_object_new_string(g_ptr_array_index(ids, i)));
    int status = each(command, g_ptr_array_index(ids, i), out);
    worst = MAX(worst, status);
    json_object_array_add(results, out);
  }
  print_results(command, results);
  json_object_put(results);
  return worst;
}

static int failed(const char *event, const char *merchant, enum result r, const struct err *e,
                  struct json_object *out)
{
  log_event(LOG_LEVEL_ERROR, event, "merchant=%s result=%s why=\"%s\"", merchant, result_name(r), e->text);
  json_object_object_add(out, "error", json_object_new_string(e->text));
  return exit_status(r, EXIT_RUNNING);
}

static void add_int(struct json_object *out, const char *name, int64_t value)
{
  json_object_object_add(out, name, json_object_new_int64(value));
}

/* ---- close hour ---- */

/* Comparing an hour proves it or not, as verify does. */
MUST_CHECK static enum result record_drift(struct command *command, const char *merchant,
                                           const struct close_report *closed, struct err *e)
{
  struct proof proof;
  struct verify_report report = {.buckets = closed->drift,
                                 .differing = closed->drift,
                                 .from = closed->drift_from,
                                 .to = closed->drift_to,
                                 .first_unproved = closed->drift_from,
                                 .as_of = closed->drift_as_of};
  enum result r = verify_record(&command->batch, merchant, &report, closed->drift, &proof, e);
  return r == RESULT_OK ? proofs_add(command->mongo, merchant, &proof, e) : r;
}

static void print_closed(const struct command *command, const char *merchant,
                         const struct close_report *report, int64_t swept, struct json_object *out)
{
  add_int(out, "closed", report->closed);
  add_int(out, "drift", report->drift);
  add_int(out, "unparked", report->unparked);
  add_int(out, "parked", report->parked);
  add_int(out, "skipped", report->skipped);
  add_int(out, "swept", swept);
  if (tells(command, report->drift > 0 ? EXIT_DIFFERS : EXIT_SUCCESS))
    printf("%s: %" PRId64 " hours closed, %" PRId64 " differ, %" PRId64 " parked, %" PRId64
           " unparked, %" PRId64 " keys swept\n",
           merchant, report->closed, report->drift, report->parked, report->unparked, swept);
}

static int close_hour_of(struct command *command, const char *merchant, struct json_object *out)
{
  struct err e = ERR_NONE;
  struct close_report report = {.closed = 0};
  int64_t swept = 0;
  enum result r = close_hours(&command->batch, merchant, &report, &e);
  if (report.drift > 0) {
    enum result recorded = record_drift(command, merchant, &report, &e);
    r = r == RESULT_OK ? recorded : r;
  }
  if (r == RESULT_OK)
    r = close_sweep(&command->batch, merchant, &swept, &e);
  if (r != RESULT_OK)
    return failed("close_hour_failed", merchant, r, &e, out);
  command->parked += report.parked;
  print_closed(command, merchant, &report, swept, out);
  return report.drift > 0 ? EXIT_DIFFERS : EXIT_SUCCESS;
}

/* A monitoring system shall know when cron's work stops being done; a part of it does not count. */
static void tell_success(const struct command *command, size_t which, int status)
{
  struct clock *clock = command->batch.clock;
  int64_t now_ms = clock->wall_ms(clock);
  bool whole = command->merchant == NULL && !command->range.has_from && !command->range.has_to;
  if (!whole || status > EXIT_DIFFERS)
    return;
  counter_set(COUNTER_COMMAND_SUCCESS, which, now_ms, now_ms);
  if (which == COUNTER_COMMAND_CLOSE_HOUR)
    counter_set(COUNTER_PARKED_HOURS, 0, command->parked, now_ms);
}

int command_close_hour(struct command *command)
{
  int status = each_merchant(command, "close_hour", close_hour_of);
  tell_success(command, COUNTER_COMMAND_CLOSE_HOUR, status);
  return status;
}

/* ---- verify ---- */

static void print_difference(const struct verify_difference *difference, void *arg)
{
  struct json_object *list = arg;
  char start[INSTANT_TEXT_SIZE];
  instant_format_s(difference->start, start);
  log_event(LOG_LEVEL_ERROR, "figure_differs",
            "merchant=%s currency=%s kind=%s start=%s metric=%s stored=%" PRId64 " expected=%" PRId64,
            difference->merchant, difference->currency, difference->kind, start, difference->metric,
            difference->stored, difference->expected);
  if (list == NULL) {
    printf("%s %s %s %s %s stored %" PRId64 " expected %" PRId64 "\n", difference->merchant,
           difference->currency, difference->kind, start, difference->metric, difference->stored,
           difference->expected);
    return;
  }
  struct json_object *item = json_object_new_object();
  json_object_object_add(item, "currency", json_object_new_string(difference->currency));
  json_object_object_add(item, "kind", json_object_new_string(difference->kind));
  json_object_object_add(item, "start", json_object_new_string(start));
  json_object_object_add(item, "metric", json_object_new_string(difference->metric));
  add_int(item, "stored", difference->stored);
  add_int(item, "expected", difference->expected);
  json_object_array_add(list, item);
}

static void print_report(const struct command *command, const char *merchant,
                         const struct verify_report *report, const struct proof *proof,
                         struct json_object *out)
{
  char through[INSTANT_TEXT_SIZE];
  bool from_the_start = proof->verified_through > 0;
  instant_format_s(proof->verified_through, through);
  add_int(out, "buckets", report->buckets);
  add_int(out, "differing", report->differing);
  add_int(out, "parked", report->parked);
  json_object_object_add(out, "verified_through", from_the_start ? json_object_new_string(through) : NULL);
  if (!tells(command, report->differing > 0 ? EXIT_DIFFERS : EXIT_SUCCESS))
    return;
  printf("%s: %" PRId64 " buckets, %" PRId64 " differ, %" PRId64 " parked; ", merchant, report->buckets,
         report->differing, report->parked);
  if (from_the_start)
    printf("verified through %s\n", through);
  else
    puts("not verified from the start yet");
}

/* Compares the range and records the result; what differs is drift when `ask` says that it shall be mended.
 */
static int verify_range_of(struct command *command, const char *merchant, const struct verify_range *range,
                           bool ask, struct json_object *out)
{
  struct err e = ERR_NONE;
  struct verify_report report;
  struct proof proof;
  struct json_object *differences = command->json ? json_object_new_array() : NULL;
  enum result r =
      verify_merchant(&command->batch, merchant, range, print_difference, differences, &report, &e);
  if (differences != NULL)
    json_object_object_add(out, "differences", differences);
  if (r == RESULT_OK)
    r = verify_record(&command->batch, merchant, &report, ask ? report.differing : 0, &proof, &e);
  if (r == RESULT_OK)
    r = proofs_add(command->mongo, merchant, &proof, &e);
  if (r == RESULT_OK && ask && report.differing > 0)
    r = command->batch.source->ask_recut(command->batch.source, merchant, &e);
  if (r != RESULT_OK)
    return failed("verify_failed", merchant, r, &e, out);
  counter_add(COUNTER_DRIFT, ask ? COUNTER_COMMAND_CLOSE_DAY : COUNTER_COMMAND_VERIFY, report.differing);
  print_report(command, merchant, &report, &proof, out);
  return report.differing > 0 ? EXIT_DIFFERS : EXIT_SUCCESS;
}

static int verify_of(struct command *command, const char *merchant, struct json_object *out)
{
  return verify_range_of(command, merchant, &command->range, false, out);
}

int command_verify(struct command *command)
{
  int status = each_merchant(command, "verify", verify_of);
  tell_success(command, COUNTER_COMMAND_VERIFY, status);
  return status;
}

/* ---- close day ---- */

static int close_day_of(struct command *command, const char *merchant, struct json_object *out)
{
  struct err e = ERR_NONE;
  struct standing standing;
  enum result r = standing_read(command->batch.kv, merchant, &standing, &e);
  if (r != RESULT_OK)
    return failed("close_day_failed", merchant, r, &e, out);
  civil_day today = bucket_date_at(standing.zone, (int64_t)cluster_time_seconds(standing.as_of));
  struct verify_range yesterday = {.has_from = true, .from = today - 1, .has_to = true, .to = today};
  return verify_range_of(command, merchant, &yesterday, true, out);
}

int command_close_day(struct command *command)
{
  int status = each_merchant(command, "close_day", close_day_of);
  tell_success(command, COUNTER_COMMAND_CLOSE_DAY, status);
  return status;
}

/* ---- rebuild ---- */

static int rebuild_of(struct command *command, const char *merchant, struct json_object *out)
{
  struct err e = ERR_NONE;
  enum result r = command->batch.source->ask_recut(command->batch.source, merchant, &e);
  if (r != RESULT_OK)
    return failed("rebuild_failed", merchant, r, &e, out);
  json_object_object_add(out, "asked", json_object_new_boolean(true));
  if (tells(command, EXIT_SUCCESS))
    printf("%s: re-cut asked for; its figures stay as they are until it is done\n", merchant);
  return EXIT_SUCCESS;
}

int command_rebuild(struct command *command)
{
  return each_merchant(command, "rebuild", rebuild_of);
}
