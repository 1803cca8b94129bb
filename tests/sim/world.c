#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "base/random_id.h"
#include "batch/backlog.h"
#include "batch/close.h"
#include "batch/follow.h"
#include "batch/verify.h"
#include "batch/wire.h"
#include "domain/zone_cache.h"
#include "stores/keys.h"
#include "stores/view.h"
#include "tests/sim/check.h"
#include "tests/sim/coroutine.h"

#define SETTLE_STEPS 60000
#define LONG_AFTER 15000
#define HEARTBEAT_MS 250
#define PIPELINE "00000000000000aa"
#define NEXT_PIPELINE "00000000000000bb"

enum actor_kind { ACTOR_TAILER, ACTOR_BATCH, ACTOR_CRON, ACTOR_READER };

struct world;

struct actor {
  struct world *world;
  enum actor_kind kind;
  int number; /* of the pair of tailer and batch */
  struct coroutine *coroutine;
  bool killed;
  uint64_t paused_until; /* step */
};

/* The pipe between a tailer and its batch, as the lines that would go through it. */
struct sim_link {
  struct link link;
  struct world *world;
  GString *request; /* empty: none */
  bool answered;
  struct link_reply reply;
  bool died;
};

#define PAIRS 2
#define ACTORS (2 * PAIRS + 3) /* the pairs, a cron, a reader, and in a meddled world a second cron */
#define MERCHANTS 4

enum hurt { HURT_KILL, HURT_PAUSE, HURT_HIDE, HURT_LOSE, HURTS };

/* What a schedule is like, drawn once, so that some are all losses and others all late entries: what happens
 * one in so many steps, and which hurts there are. */
struct character {
  int entries;
  int touches;
  int hurt_rate;
  int hurts; /* bits of enum hurt */
};

struct world {
  struct clock clock;
  uint64_t random;
  bool trace;
  uint64_t step;
  bool faults;
  bool meddled; /* people delete, garble and mend what only programs should touch, and run cron's commands by
                   hand */
  int actor_count;
  int pairs;      /* tailers running: 1 or 2 */
  bool upgrading; /* the second tailer is of another build, and cannot use the first one's tokens */
  struct memory_server server;
  struct memory_ledger ledger;
  struct sim_link links[PAIRS];
  struct actor actors[ACTORS];
  int merchants;
  struct character character;
  guint64 lost;                  /* how often the store lost something */
  guint64 lost_seen;             /* the same, when as_of was last looked at */
  cluster_time as_of[MERCHANTS]; /* goes back only where the store did */
  const char *wrong;
  char wrong_text[640];
};

/* ---- chance ---- */

/* splitmix64: small, seedable, good enough to choose with. */
static uint64_t next_random(struct world *world)
{
  uint64_t z = world->random += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static int below(struct world *world, int bound)
{
  return (int)(next_random(world) % (uint64_t)bound);
}

static bool one_in(struct world *world, int n)
{
  return below(world, n) == 0;
}

static struct world *random_world;

static void fill_random(void *bytes, unsigned long size)
{
  uint64_t value = next_random(random_world);
  memcpy(bytes, &value, MIN(size, sizeof value));
}

static void say(const struct world *world, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void say(const struct world *world, const char *format, ...)
{
  if (!world->trace)
    return;
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  fprintf(stderr, "%6" PRIu64 " %s\n", world->step, text);
}

static void found_wrong(struct world *world, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void found_wrong(struct world *world, const char *format, ...)
{
  if (world->wrong != NULL)
    return;
  va_list args;
  va_start(args, format);
  g_vsnprintf(world->wrong_text, sizeof world->wrong_text, format, args);
  va_end(args);
  world->wrong = world->wrong_text;
}

/* ---- the clock ---- */

static int64_t world_now(struct clock *clock)
{
  return ((struct world *)(void *)clock)->ledger.now_ms;
}

static void world_sleep(struct clock *clock, int64_t ms)
{
  (void)clock;
  (void)ms;
}

/* ---- the gate: where an actor gives way, fails or dies ---- */

static enum memory_fate gate(void *arg, const char *step)
{
  struct actor *actor = arg;
  struct world *world = actor->world;
  if (actor->killed)
    return MEMORY_FAIL;
  coroutine_yield();
  if (actor->killed)
    return MEMORY_FAIL;
  say(world, "%s-%d %s", (const char *[]){"tailer", "batch", "cron", "reader"}[actor->kind], actor->number,
      step);
  if (!world->faults || !one_in(world, 60))
    return MEMORY_DO;
  say(world, "  fails");
  return strcmp(step, "exec") == 0 && one_in(world, 2) ? MEMORY_DO_NO_WORD : MEMORY_FAIL;
}

/* ---- the pipe ---- */

MUST_CHECK static enum result sim_flush(struct link *link, const struct flush *flush, struct err *e)
{
  struct sim_link *self = (struct sim_link *)link;
  (void)e;
  g_string_truncate(self->request, 0);
  wire_put_flush(self->request, flush);
  self->answered = self->died = false;
  return RESULT_OK;
}

MUST_CHECK static enum result sim_rebuild(struct link *link, const struct rebuild *rebuild, struct err *e)
{
  struct sim_link *self = (struct sim_link *)link;
  (void)e;
  g_string_truncate(self->request, 0);
  wire_put_rebuild(self->request, rebuild);
  self->answered = self->died = false;
  return RESULT_OK;
}

MUST_CHECK static enum result sim_receive(struct link *link, bool *got, struct link_reply *out, struct err *e)
{
  struct sim_link *self = (struct sim_link *)link;
  *got = self->answered;
  if (self->died) {
    self->died = false;
    return err_set(e, RESULT_UNAVAILABLE, "the batch has ended");
  }
  if (self->answered)
    *out = self->reply;
  self->answered = false;
  return RESULT_OK;
}

/* ---- actors ---- */

static void tailer_body(void *arg)
{
  struct actor *actor = arg;
  struct world *world = actor->world;
  struct kv *kv = memory_kv_new(&world->server, gate, actor);
  const char *pipeline = world->upgrading && actor->number == 1 ? NEXT_PIPELINE : PIPELINE;
  struct stream *stream = memory_stream_new(&world->ledger, pipeline, gate, actor);
  const struct follow_options options = {
      .limits = {.buckets = 6, .bound = 12}, .heartbeat_ms = HEARTBEAT_MS, .pipeline = pipeline};
  struct follow *follow = follow_new(kv, stream, &world->links[actor->number].link, &world->clock, &options);
  while (!actor->killed)
    if (follow_step(follow) > 0)
      coroutine_yield();
  follow_free(follow);
  memory_stream_free(stream);
  memory_kv_free(kv);
}

static void serve_request(struct actor *actor, struct batch *batch, struct sim_link *link)
{
  struct err why = ERR_NONE;
  struct wire_request request;
  struct link_reply reply = {.kind = LINK_FLUSHED};
  g_autofree char *text = g_strdup(link->request->str);
  g_string_truncate(link->request, 0);
  FILE *in = fmemopen(text, strlen(text), "r");
  if (wire_read_request(in, &request, &why) != RESULT_OK) {
    found_wrong(actor->world, "a request does not parse: %s", why.text);
    fclose(in);
    return;
  }
  fclose(in);
  if (request.kind == WIRE_REBUILD) {
    reply.kind = LINK_REBUILT;
    reply.rebuild = rebuild_run(batch, &request.rebuild, &why);
  } else {
    reply.flush = flush_run(batch, &request.flush, &why);
  }
  wire_request_clear(&request);
  say(actor->world, "batch-%d replies %s %s", actor->number,
      reply.kind == LINK_FLUSHED ? flush_outcome_name(reply.flush) : rebuild_outcome_name(reply.rebuild),
      why.text);
  if (actor->killed)
    return;
  link->reply = reply;
  link->answered = true;
  backlog_work(batch);
}

static void batch_body(void *arg)
{
  struct actor *actor = arg;
  struct world *world = actor->world;
  struct sim_link *link = &world->links[actor->number];
  struct backlog backlog;
  struct batch batch = {.backlog = &backlog,
                        .kv = memory_kv_new(&world->server, gate, actor),
                        .source = memory_source_new(&world->ledger, gate, actor),
                        .clock = &world->clock};
  backlog_init(&backlog);
  while (!actor->killed) {
    if (link->request->len > 0)
      serve_request(actor, &batch, link);
    coroutine_yield();
  }
  backlog_clear(&backlog);
  memory_kv_free(batch.kv);
  memory_source_free(batch.source);
}

static const char *merchant_name(int number)
{
  static const char *const names[] = {"north", "south", "east", "west"};
  return names[number];
}

static bool deleted(const struct world *world, const char *merchant)
{
  return memory_ledger_document(&world->ledger, merchant, world->ledger.last)->state == DOCUMENT_GONE;
}

static void difference_found(const struct verify_difference *difference, void *arg)
{
  struct actor *actor = arg;
  if (deleted(actor->world, difference->merchant))
    return;
  found_wrong(actor->world, "verify: %s %s %s %" PRId64 " %s: stored %" PRId64 ", expected %" PRId64,
              difference->merchant, difference->currency, difference->kind, difference->start,
              difference->metric, difference->stored, difference->expected);
}

static void run_cron(struct actor *actor, struct batch *batch)
{
  struct err why = ERR_NONE;
  struct world *world = actor->world;
  const char *merchant = merchant_name(below(world, world->merchants));
  struct verify_range all = {.has_from = false};
  struct verify_report report;
  struct close_report closed = {.closed = 0};
  int64_t swept = 0;
  enum result r;
  switch (below(world, 4)) {
  case 0:
    r = verify_merchant(batch, merchant, &all, difference_found, actor, &report, &why);
    break;
  case 1:
    r = close_sweep(batch, merchant, &swept, &why);
    break;
  default:
    r = close_hours(batch, merchant, &closed, &why);
    break;
  }
  if (closed.drift > 0 && !deleted(world, merchant))
    found_wrong(world, "close found drift for %s", merchant);
  say(world, "cron %s: %s %s", merchant, result_name(r), why.text);
}

static void cron_body(void *arg)
{
  struct actor *actor = arg;
  struct world *world = actor->world;
  struct batch batch = {.kv = memory_kv_new(&world->server, gate, actor),
                        .source = memory_source_new(&world->ledger, gate, actor),
                        .clock = &world->clock};
  while (!actor->killed) {
    run_cron(actor, &batch);
    for (int i = below(world, 60); i > 0 && !actor->killed; i--)
      coroutine_yield();
  }
  memory_kv_free(batch.kv);
  memory_source_free(batch.source);
}

/* ---- the reader: the product's own reading, against the ledger ---- */

MUST_CHECK static enum result two_days(void *arg, const struct zone *zone, struct range *range,
                                       enum range_interval *interval, struct err *e)
{
  struct world *world = arg;
  (void)e;
  civil_day today = bucket_date_at(zone, world->ledger.now_ms / 1000);
  *range = (struct range){.by_date = true, .first_date = today - 1, .end_date = today + 1};
  struct bucket_day day;
  bucket_day_of(zone, today - 1, &day);
  range->from = day.start;
  bucket_day_of(zone, today, &day);
  range->to = day.end;
  *interval = one_in(world, 2) ? RANGE_BY_HOUR : RANGE_BY_DAY;
  return RESULT_OK;
}

/* What a reader must be shown of a bucket. */
static struct row bucket_of_ledger(const struct world *world, const struct view *view, const char *merchant,
                                   const struct view_part *part, const struct view_bucket *bucket)
{
  struct row sum = row_zero(bucket->row.start);
  for (guint i = 0; i < world->ledger.entries->len; i++) {
    const struct memory_entry *entry = &g_array_index(world->ledger.entries, struct memory_entry, i);
    if (entry->at > view->as_of || memory_entry_poison(entry, view->as_of) != POISON_NONE ||
        strcmp(entry->merchant, merchant) != 0 || strcmp(entry->currency, part->currency) != 0 ||
        entry->business_s < bucket->row.start || entry->business_s >= bucket->end)
      continue;
    for (int m = 0; m < METRIC_ADDITIVE; m++)
      sum.columns[m] += entry->columns[m];
  }
  return sum;
}

static void check_bucket(struct world *world, const struct view *view, const char *merchant,
                         const struct view_part *part, const struct view_bucket *bucket)
{
  const struct row wanted = bucket_of_ledger(world, view, merchant, part, bucket);
  for (int m = 0; m < METRIC_ADDITIVE; m++)
    if (bucket->row.columns[m] != wanted.columns[m])
      found_wrong(world,
                  "a reader of %s got %" PRId64 " for column %d from %" PRId64 ", the ledger has %" PRId64,
                  merchant, bucket->row.columns[m], m, bucket->row.start, wanted.columns[m]);
}

static void check_answer(struct world *world, const struct view *view, const char *merchant)
{
  for (size_t p = 0; p < view->part_count; p++)
    for (size_t b = 0; b < view->parts[p].bucket_count; b++)
      if (view->parts[p].buckets[b].known)
        check_bucket(world, view, merchant, &view->parts[p], &view->parts[p].buckets[b]);
}

static void reader_body(void *arg)
{
  struct actor *actor = arg;
  struct world *world = actor->world;
  struct kv *kv = memory_kv_new(&world->server, gate, actor);
  struct view_cards *cards = view_cards_new();
  while (!actor->killed) {
    struct view view;
    const char *merchant = merchant_name(below(world, world->merchants));
    struct view_question question = {
        .merchant = merchant, .range = two_days, .range_arg = world, .cards = cards};
    if (view_read(kv, &question, &view, NULL) == RESULT_OK) {
      if (!deleted(world, merchant))
        check_answer(world, &view, merchant);
      view_clear(&view);
    }
    for (int i = below(world, 40); i > 0 && !actor->killed; i--)
      coroutine_yield();
  }
  view_cards_free(cards);
  memory_kv_free(kv);
}

/* ---- starting and killing ---- */

static void start(struct actor *actor)
{
  static void (*const bodies[])(void *) = {tailer_body, batch_body, cron_body, reader_body};
  actor->killed = false;
  actor->paused_until = 0;
  actor->coroutine = coroutine_new(bodies[actor->kind], actor);
}

/* A killed actor's store calls do nothing from now on: it runs out through its own error paths. */
static void stop(struct actor *actor)
{
  if (actor->coroutine == NULL)
    return;
  actor->killed = true;
  while (!coroutine_finished(actor->coroutine))
    coroutine_resume(actor->coroutine);
  coroutine_free(actor->coroutine);
  actor->coroutine = NULL;
}

static void kill_actor(struct world *world, struct actor *actor)
{
  if (actor->coroutine == NULL)
    return;
  say(world, "KILL %d-%d", actor->kind, actor->number);
  stop(actor);
  if (actor->kind == ACTOR_BATCH) {
    struct sim_link *link = &world->links[actor->number];
    g_string_truncate(link->request, 0);
    link->answered = false;
    link->died = true;
  }
  if (actor->kind == ACTOR_TAILER) /* its child goes with it: the pipe is closed */
    kill_actor(world, actor + 1);
  start(actor);
}

/* ---- what happens in the world ---- */

static const char *const zones[] = {"UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe",
                                    "America/St_Johns"};

static void put_merchant(struct world *world, int number)
{
  struct merchant merchant = {.currencies = {"EUR", "JPY"}, .currency_count = 2};
  g_strlcpy(merchant.id, merchant_name(number), sizeof merchant.id);
  g_strlcpy(merchant.zone, zones[below(world, G_N_ELEMENTS(zones))], sizeof merchant.zone);
  if (one_in(world, 25))
    g_strlcpy(merchant.zone, world->meddled ? "Mars Olympus" : "Mars/Olympus", sizeof merchant.zone);
  say(world, "merchant %s zone %s", merchant.id, merchant.zone);
  memory_ledger_put_merchant(&world->ledger, &merchant, DOCUMENT_PLAIN);
}

static void touch_merchant(struct world *world)
{
  const char *id = merchant_name(below(world, world->merchants));
  const struct memory_document *document = memory_ledger_document(&world->ledger, id, world->ledger.last);
  struct merchant merchant = document->merchant;
  enum memory_document_state state = DOCUMENT_PLAIN;
  if (document->state == DOCUMENT_GONE)
    return;
  if (world->meddled && one_in(world, 10))
    state = one_in(world, 2) ? DOCUMENT_GONE : DOCUMENT_UNREADABLE;
  else if (one_in(world, 3))
    merchant.recut++;
  else if (world->meddled && one_in(world, 5))
    merchant.currency_count = 3 - merchant.currency_count;
  else if (!one_in(world, 3))
    g_strlcpy(merchant.zone, zones[below(world, G_N_ELEMENTS(zones))], sizeof merchant.zone);
  say(world, "touch %s zone %s recut %" PRId64 " currencies %zu state %d", id, merchant.zone, merchant.recut,
      merchant.currency_count, state);
  memory_ledger_put_merchant(&world->ledger, &merchant, state);
}

static int64_t business_time(struct world *world)
{
  int64_t now = world->ledger.now_ms / 1000;
  switch (below(world, 8)) {
  case 0:
    return now - below(world, 6 * 3600); /* late */
  case 1:
    return now - 86400 - below(world, 7200);
  case 2:
    return now + below(world, 300);
  default:
    return now - below(world, 90);
  }
}

static void fill_order(struct world *world, int64_t *columns)
{
  columns[METRIC_orders] = 1;
  columns[METRIC_units_sold] = 1 + below(world, 3);
  columns[METRIC_gross_sales] = 100 + below(world, 1000);
  columns[METRIC_discounts] = below(world, 100);
  columns[METRIC_taxes] = below(world, 50);
  columns[METRIC_total_sales] =
      columns[METRIC_gross_sales] - columns[METRIC_discounts] + columns[METRIC_taxes];
}

static void fill_refund(struct world *world, int64_t *columns)
{
  columns[METRIC_refunds] = 1;
  columns[METRIC_units_returned] = below(world, 3);
  columns[METRIC_returns] = 1 + below(world, 500);
  columns[METRIC_shipping] = -below(world, 20);
  columns[METRIC_total_sales] = columns[METRIC_shipping] - columns[METRIC_returns];
  columns[METRIC_refunded] = -columns[METRIC_total_sales];
}

static void add_entry(struct world *world, const char *merchant, cluster_time at, bool bulk)
{
  struct memory_entry entry = {.at = at, .business_s = business_time(world)};
  g_strlcpy(entry.merchant, merchant, sizeof entry.merchant);
  g_strlcpy(entry.currency, one_in(world, 3) ? "JPY" : "EUR", sizeof entry.currency);
  if (one_in(world, 4))
    fill_refund(world, entry.columns);
  else
    fill_order(world, entry.columns);
  if (one_in(world, 40))
    entry.poison = one_in(world, 2) ? POISON_GROUP : POISON_RANGE;
  say(world, "entry %s %s business %" PRId64 " at %" PRI_CLUSTER_TIME " poison %d", entry.merchant,
      entry.currency, entry.business_s, entry.at, entry.poison);
  memory_ledger_add(&world->ledger, &entry, bulk);
}

static void write_entries(struct world *world)
{
  int count = one_in(world, 4) ? 2 + below(world, 3) : 1;
  bool shared = count > 1 && one_in(world, 2);
  cluster_time at = memory_ledger_tick(&world->ledger);
  for (int i = 0; i < count; i++) {
    if (i > 0 && !shared)
      at = memory_ledger_tick(&world->ledger);
    add_entry(world, merchant_name(below(world, world->merchants)), at, count > 1);
  }
}

static void mend_entry(struct world *world)
{
  for (guint i = 0; i < world->ledger.entries->len; i++) {
    struct memory_entry *entry = &g_array_index(world->ledger.entries, struct memory_entry, i);
    if (entry->poison == POISON_NONE || entry->mended != 0)
      continue;
    say(world, "mend %s business %" PRId64, entry->merchant, entry->business_s);
    memory_ledger_mend(&world->ledger, entry);
    return;
  }
}

static void pass_time(struct world *world)
{
  world->ledger.now_ms += below(world, 40);
  if (one_in(world, 20))
    world->ledger.now_ms += 200 + below(world, 400);
  if (world->faults && one_in(world, 300))
    world->ledger.now_ms += 1000 * (1 + below(world, 900));
  if (world->faults && one_in(world, 600))
    world->ledger.now_ms += 1000 * (3600 + below(world, 7200));
}

/* The store or the oplog loses something. */
static void lose(struct world *world)
{
  world->lost++;
  switch (below(world, world->meddled ? 10 : 8)) {
  case 8: {
    g_autofree char *key = key_card(merchant_name(below(world, world->merchants)));
    say(world, "garbled %s", key);
    memory_server_garble(&world->server, key);
    break;
  }
  case 9:
    say(world, "garbled head");
    memory_server_garble(&world->server, KEY_HEAD);
    break;
  case 0:
    say(world, "FLUSHALL");
    memory_server_flush_all(&world->server);
    break;
  case 1:
    say(world, "oplog truncated");
    world->ledger.first_event = world->ledger.events->len;
    break;
  case 2:
    say(world, "index changed");
    world->ledger.changed_index = memory_ledger_tick(&world->ledger);
    break;
  default: {
    guint count = 1 + (guint)below(world, 6);
    say(world, "store loses %u commits", count);
    memory_server_lose(&world->server, count);
    break;
  }
  }
}

static void pause_actor(struct world *world, struct actor *actor)
{
  actor->paused_until = world->step + (uint64_t)below(world, 400);
  say(world, "pause %d-%d", actor->kind, actor->number);
}

static void hurt(struct world *world)
{
  struct actor *actor = &world->actors[below(world, world->actor_count)];
  enum hurt hurt = (enum hurt)below(world, HURTS);
  if ((world->character.hurts & (1 << hurt)) == 0)
    return;
  if (hurt == HURT_KILL)
    kill_actor(world, actor);
  else if (hurt == HURT_PAUSE)
    pause_actor(world, actor);
  else if (hurt == HURT_HIDE)
    world->ledger.hidden = one_in(world, 2) ? (guint)below(world, 5) : 0;
  else
    lose(world);
}

static void happen(struct world *world)
{
  const struct character *character = &world->character;
  if (one_in(world, character->entries))
    write_entries(world);
  if (one_in(world, character->touches))
    touch_merchant(world);
  if (world->meddled && one_in(world, 200))
    mend_entry(world);
  if (world->merchants < MERCHANTS && one_in(world, 200))
    put_merchant(world, world->merchants++);
  /* Each restart meets a position of the other build, and rebuilds beside a tailer that goes on. */
  if (world->upgrading && one_in(world, 60))
    kill_actor(world, &world->actors[2 * below(world, PAIRS)]);
  if (one_in(world, character->hurt_rate))
    hurt(world);
}

/* In one schedule of three a fold of much takes too long. No draw: the other schedules stay what they were.
 */
static guint fold_most(uint64_t seed)
{
  return seed % 3 == 0 ? 1 + (guint)(seed / 3 % 6) : 0;
}

static void draw_character(struct world *world)
{
  static const int entries[] = {5, 12, 40}, touches[] = {25, 150, 500}, rates[] = {12, 40, 120};
  world->character = (struct character){.entries = entries[below(world, 3)],
                                        .touches = touches[below(world, 3)],
                                        .hurt_rate = rates[below(world, 3)],
                                        .hurts = below(world, 1 << HURTS)};
}

/* ---- the schedule ---- */

static bool runnable(const struct world *world, const struct actor *actor)
{
  return actor->coroutine != NULL && (!world->faults || actor->paused_until <= world->step) &&
         (actor->number < world->pairs || actor->kind > ACTOR_BATCH);
}

static void run_somebody(struct world *world)
{
  for (int tries = 0; tries < world->actor_count * 2; tries++) {
    struct actor *actor = &world->actors[below(world, world->actor_count)];
    if (!runnable(world, actor))
      continue;
    coroutine_resume(actor->coroutine);
    return;
  }
}

/* A picture that goes back in time is no lie, but whoever has read the newer one would see his order vanish.
 */
static void check_as_of_moves_on(struct world *world)
{
  bool lost = world->lost != world->lost_seen;
  world->lost_seen = world->lost;
  for (int i = 0; i < world->merchants; i++) {
    cluster_time as_of = check_as_of(&world->server, merchant_name(i));
    if (!lost && as_of != 0 && as_of < world->as_of[i])
      found_wrong(world, "%s: as_of went back from %" PRI_CLUSTER_TIME " to %" PRI_CLUSTER_TIME,
                  merchant_name(i), world->as_of[i], as_of);
    world->as_of[i] = as_of;
  }
}

static void step(struct world *world)
{
  uint64_t before = world->server.changed;
  world->step++;
  pass_time(world);
  if (world->faults)
    happen(world);
  run_somebody(world);
  if (world->ledger.misused_token)
    found_wrong(world, "a stream was opened at the token of another pipeline");
  if (world->server.changed == before || world->wrong != NULL)
    return;
  const char *wrong = check_invariant(&world->server, &world->ledger);
  if (wrong != NULL)
    found_wrong(world, "%s", wrong);
  check_as_of_moves_on(world);
}

static void open_world(struct world *world, uint64_t seed, bool trace)
{
  *world = (struct world){.random = seed, .trace = trace, .faults = true, .meddled = seed % 4 == 0};
  world->actor_count = world->meddled ? ACTORS : ACTORS - 1;
  world->clock = (struct clock){.wall_ms = world_now, .monotonic_ms = world_now, .sleep_ms = world_sleep};
  random_world = world;
  random_id_set_source(fill_random);
  memory_server_init(&world->server);
  /* The night in which Berlin's clocks go forward, an hour before. */
  memory_ledger_init(&world->ledger, INT64_C(1774742400000) + 60000 * (int64_t)below(world, 240));
  world->ledger.fold_most = fold_most(seed);
  draw_character(world);
  world->pairs = one_in(world, 3) ? 2 : 1;
  world->upgrading = world->pairs == 2 && one_in(world, 2);
  world->merchants = 2;
  for (int i = 0; i < world->merchants; i++)
    put_merchant(world, i);
  for (int i = 0; i < PAIRS; i++)
    world->links[i] =
        (struct sim_link){.link = {.flush = sim_flush, .rebuild = sim_rebuild, .receive = sim_receive},
                          .request = g_string_new(NULL)};
  for (int i = 0; i < world->actor_count; i++) {
    bool pair = i < 2 * PAIRS;
    enum actor_kind kind =
        pair ? (i % 2 == 0 ? ACTOR_TAILER : ACTOR_BATCH) : (i == 2 * PAIRS + 1 ? ACTOR_READER : ACTOR_CRON);
    world->actors[i] = (struct actor){.world = world, .kind = kind, .number = pair ? i / 2 : i - 2 * PAIRS};
    start(&world->actors[i]);
  }
}

static void close_world(struct world *world)
{
  for (int i = 0; i < ACTORS; i++)
    stop(&world->actors[i]);
  for (int i = 0; i < PAIRS; i++)
    g_string_free(world->links[i].request, TRUE);
  memory_ledger_clear(&world->ledger);
  memory_server_clear(&world->server);
  random_id_set_source(NULL);
}

/* Nothing goes wrong any more: the store must catch up by itself. A garbled card is noticed when its merchant
 * sells. */
static void settle(struct world *world)
{
  const char *wrong = NULL;
  world->faults = false;
  world->ledger.hidden = 0;
  for (int i = 0; world->meddled && i < world->merchants; i++)
    add_entry(world, merchant_name(i), memory_ledger_tick(&world->ledger), false);
  memory_ledger_beat(&world->ledger);
  cluster_time through = world->ledger.last;
  for (int i = 0; i < SETTLE_STEPS && world->wrong == NULL; i++) {
    if (i % LONG_AFTER == LONG_AFTER - 1)
      world->ledger.now_ms += 3600 * 1000; /* whoever was given up has rested */
    step(world);
    if (i % 50 == 0 && (wrong = check_settled(&world->server, &world->ledger, through)) == NULL)
      return;
  }
  if (wrong != NULL)
    found_wrong(world, "does not settle: %s", wrong);
}

const char *world_run(uint64_t seed, bool trace, uint64_t *steps)
{
  static struct world world;
  open_world(&world, seed, trace);
  int length = 300 + below(&world, 600);
  for (int i = 0; i < length && world.wrong == NULL; i++)
    step(&world);
  if (world.wrong == NULL)
    settle(&world);
  *steps += world.step;
  close_world(&world);
  return world.wrong;
}
