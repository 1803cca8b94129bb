#include "fcgi/orders_batch.h"

#include <string.h>

#include "fcgi/batch_line.h"

#define LINES_MAX 1000
/* So many go to MongoDB at once: few enough to end soon, many enough to share its waiting for the disk. */
#define PUT_AT_ONCE 200
/* No call on MongoDB begins later than so long after the request came: one that hangs, which may take 7 s
 * (stores/mongo.c), is the last, and ends within a request's 8 s. A whole batch takes a tenth of it. */
#define BUDGET_MS 1000

struct batch {
  struct exchange *x;
  struct batch_terms terms;
  struct batch_line *lines;
  size_t count;
  GHashTable *leaders; /* key to the line that is put for it */
  bool told;           /* the log knows that MongoDB failed */
};

/* ---- lines ---- */

/* Every line ends with \n, but the last one may do without. */
static size_t count_lines(const char *body, size_t length)
{
  size_t count = length > 0 && body[length - 1] != '\n';
  for (size_t i = 0; i < length; i++)
    count += body[i] == '\n';
  return count;
}

static void read_lines(struct batch *batch)
{
  const char *at = batch->x->request.body;
  const char *end = at + batch->x->request.body_length;
  for (size_t i = 0; i < batch->count; i++) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    if (stop == NULL)
      stop = end;
    batch_line_read(&batch->lines[i], &batch->terms, at, (size_t)(stop - at));
    at = stop + 1;
  }
}

static const char *key_of(const struct batch_line *line)
{
  return line->verdict != POSTING_REFUSED ? line->entry.idem : NULL;
}

/* The first line that is accepted leads the others with its key; where none is, the first that may be a
 * second try. What was stored under the key before, or is now, decides about all of them. */
static void choose_leaders(struct batch *batch)
{
  for (size_t i = 0; i < batch->count; i++) {
    struct batch_line *line = &batch->lines[i];
    const char *key = key_of(line);
    const struct batch_line *leader = key != NULL ? g_hash_table_lookup(batch->leaders, key) : NULL;
    if (key != NULL &&
        (leader == NULL || (leader->verdict == POSTING_REFUSED_NOW && line->verdict == POSTING_ACCEPTED)))
      g_hash_table_insert(batch->leaders, g_strdup(key), line);
  }
}

/* ---- storing ---- */

static int64_t time_left(const struct exchange *x)
{
  struct clock *clock = x->context->service->clock;
  return BUDGET_MS - (clock->monotonic_us(clock) - x->started_us) / 1000;
}

static void put_some(struct batch *batch, struct batch_line **leaders, size_t count)
{
  struct exchange *x = batch->x;
  struct ledger_item items[PUT_AT_ONCE];
  cluster_time position = 0;
  struct err e = ERR_NONE;
  for (size_t i = 0; i < count; i++)
    items[i] = (struct ledger_item){.entry = &leaders[i]->entry,
                                    .refused = leaders[i]->verdict == POSTING_REFUSED_NOW};
  enum result r = ledger_put_many(x->context->service->ledger, items, count, time_left(x), &position, &e);
  if (r != RESULT_OK && !batch->told)
    exchange_log_failure(x, "orders_batch_put", r, &e);
  batch->told = batch->told || r != RESULT_OK;
  for (size_t i = 0; i < count; i++) {
    leaders[i]->put = items[i];
    leaders[i]->position = position;
  }
}

/* In the order of the lines. */
static void put_all(struct batch *batch)
{
  struct batch_line *leaders[PUT_AT_ONCE];
  size_t count = 0;
  for (size_t i = 0; i < batch->count; i++) {
    struct batch_line *line = &batch->lines[i];
    const char *key = key_of(line);
    if (key != NULL && g_hash_table_lookup(batch->leaders, key) == line)
      leaders[count++] = line;
    if (count == PUT_AT_ONCE || (count > 0 && i + 1 == batch->count)) {
      put_some(batch, leaders, count);
      count = 0;
    }
  }
}

/* ---- the answer ---- */

/* Whether MongoDB was needed, and never answered. */
static bool store_was_away(const struct batch *batch)
{
  GHashTableIter iter;
  void *leader;
  g_hash_table_iter_init(&iter, batch->leaders);
  while (g_hash_table_iter_next(&iter, NULL, &leader))
    if (((const struct batch_line *)leader)->put.result != RESULT_UNAVAILABLE)
      return false;
  return g_hash_table_size(batch->leaders) > 0;
}

/* The leaders' keys are those of the lines as they came: an entry may be the stored one by now, whose key is
 * the same. */
static void answer(struct batch *batch)
{
  size_t counts[BATCH_TRIED + 1] = {0};
  GString *out = response_json(&batch->x->response, 200);
  g_string_append(out, "{\"data\":[");
  for (size_t i = 0; i < batch->count; i++) {
    const struct batch_line *line = &batch->lines[i];
    const char *key = key_of(line);
    const struct batch_line *leader = key != NULL ? g_hash_table_lookup(batch->leaders, key) : NULL;
    if (i > 0)
      g_string_append_c(out, ',');
    counts[batch_line_write(line, leader, &batch->terms, i + 1, out)]++;
  }
  g_string_append_printf(out, "],\"stored\":%zu,\"replayed\":%zu,\"failed\":%zu}\n", counts[BATCH_STORED],
                         counts[BATCH_REPLAYED], counts[BATCH_FAILED]);
}

/* ---- all of it ---- */

static void run(struct batch *batch)
{
  batch->lines = g_new0(struct batch_line, batch->count);
  batch->leaders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  read_lines(batch);
  if (!batch->terms.dry_run) {
    choose_leaders(batch);
    put_all(batch);
  }
  if (store_was_away(batch))
    exchange_refuse(batch->x, "unavailable", exchange_public_detail(RESULT_UNAVAILABLE));
  else
    answer(batch);
  for (size_t i = 0; i < batch->count; i++)
    batch_line_clear(&batch->lines[i]);
  g_hash_table_destroy(batch->leaders);
  g_free(batch->lines);
}

/* What stands in the way of all lines; false after it has been answered. */
static bool check(struct batch *batch, struct merchant *merchant)
{
  struct exchange *x = batch->x;
  struct err e = ERR_NONE;
  enum result r = RESULT_OK;
  if (violations_any(&x->violations))
    exchange_refuse_all(x);
  else if (batch->count == 0)
    exchange_refuse(x, "malformed_json", "The body has no line.");
  else if (batch->count > LINES_MAX)
    exchange_refuse(x, "too_many_items", "A batch has at most 1,000 lines.");
  else if ((r = people_merchant_terms(&x->context->people, x->merchant, merchant, &e)) != RESULT_OK)
    exchange_fail(x, "merchant_terms", r, &e);
  else
    return true;
  return false;
}

void orders_batch_post(struct exchange *x)
{
  struct merchant merchant;
  struct batch batch = {.x = x, .count = count_lines(x->request.body, x->request.body_length)};
  batch.terms = (struct batch_terms){.x = x,
                                     .merchant = &merchant,
                                     .now_ms = context_now_ms(x->context),
                                     .dry_run = posting_read_dry_run(x)};
  if (check(&batch, &merchant))
    run(&batch);
}
