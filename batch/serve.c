#include "batch/serve.h"

#include <inttypes.h>

#include "base/counters.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "batch/backlog.h"
#include "batch/wire.h"

static void log_flush(const struct flush *flush, enum flush_outcome outcome, int64_t ms, int64_t wall_ms,
                      const struct err *why)
{
  bool quiet = flush->dirty->len == 0 && flush->asks->len == 0 && outcome == FLUSH_DONE;
  if (quiet)
    return; /* only time moved */
  log_event(outcome <= FLUSH_DROPPED ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "flush",
            "outcome=%s from=%" PRI_CLUSTER_TIME " to=%" PRI_CLUSTER_TIME " dirty=%u asks=%u ms=%" PRId64
            " lag_ms=%" PRId64 " why=\"%s\"",
            flush_outcome_name(outcome), flush->from, flush->to, flush->dirty->len, flush->asks->len, ms,
            wall_ms - flush->to_wall_ms, why->text);
}

static void count_flush(const struct flush *flush, enum flush_outcome outcome, int64_t ms)
{
  counter_add(COUNTER_FLUSHES, outcome, 1);
  counter_observe(COUNTER_FLUSH_BUCKETS, 0, flush->dirty->len);
  counter_observe(COUNTER_FLUSH_DURATION, 0, ms * 1000);
}

static void serve_flush(struct batch *batch, const struct flush *flush, struct link_reply *reply)
{
  struct err why = ERR_NONE;
  int64_t began = batch->clock->monotonic_ms(batch->clock);
  reply->kind = LINK_FLUSHED;
  reply->flush = flush_run(batch, flush, &why);
  int64_t ms = batch->clock->monotonic_ms(batch->clock) - began;
  count_flush(flush, reply->flush, ms);
  if (reply->flush <= FLUSH_DROPPED)
    flush_log_traced(flush);
  log_flush(flush, reply->flush, ms, batch->clock->wall_ms(batch->clock), &why);
}

static void serve_rebuild(struct batch *batch, const struct rebuild *rebuild, struct link_reply *reply)
{
  struct err why = ERR_NONE;
  reply->kind = LINK_REBUILT;
  reply->rebuild = rebuild_run(batch, rebuild, &why);
  if (reply->rebuild != REBUILD_DONE)
    log_event(LOG_LEVEL_WARN, "rebuild", "outcome=%s why=\"%s\"", rebuild_outcome_name(reply->rebuild),
              why.text);
}

MUST_CHECK static enum result serve_requests(struct batch *batch, FILE *in, FILE *out, struct err *e)
{
  for (;;) {
    struct wire_request request;
    struct link_reply reply = {.kind = LINK_FLUSHED};
    enum result r = wire_read_request(in, &request, e);
    if (r != RESULT_OK || request.kind == WIRE_END)
      return r;
    if (request.kind == WIRE_REBUILD)
      serve_rebuild(batch, &request.rebuild, &reply);
    else
      serve_flush(batch, &request.flush, &reply);
    wire_request_clear(&request);
    g_autoptr(GString) line = g_string_new(NULL);
    wire_put_reply(line, &reply);
    FAILPOINT("batch.before_reply");
    if (fputs(line->str, out) == EOF || fflush(out) == EOF)
      return err_set(e, RESULT_INTERNAL, "the reply cannot be written");
    backlog_work(batch);
  }
}

enum result serve_run(struct batch *batch, FILE *in, FILE *out, struct err *e)
{
  struct backlog backlog;
  backlog_init(&backlog);
  batch->backlog = &backlog;
  enum result r = serve_requests(batch, in, out, e);
  batch->backlog = NULL;
  backlog_clear(&backlog);
  return r;
}
