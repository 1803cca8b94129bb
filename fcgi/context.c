#include "fcgi/context.h"

enum result context_init(struct context *context, struct service *service, struct err *e)
{
  *context = (struct context){.service = service};
  enum result r = redis_new(service->conf, CONF_WORKER, &context->redis, e);
  if (r != RESULT_OK)
    return r;
  context->kv = redis_kv(context->redis);
  context->cards = view_cards_new();
  context->people = (struct people){.mongo = service->mongo, .redis = context->redis};
  return RESULT_OK;
}

void context_clear(struct context *context)
{
  view_cards_free(context->cards);
  redis_free(context->redis);
  *context = (struct context){.redis = NULL};
}

int64_t context_now_ms(const struct context *context)
{
  struct clock *clock = context->service->clock;
  return clock->wall_ms(clock);
}
