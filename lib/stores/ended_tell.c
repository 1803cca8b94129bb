#include "stores/ended_tell.h"

#include "base/counters.h"
#include "base/log.h"
#include "stores/keys.h"

static bool publish(struct redis *redis, const char *message, struct err *e)
{
  redisReply *reply = NULL;
  if (redis_call(redis, &reply, e, "PUBLISH", KEY_ENDED_CHANNEL, message, NULL) != RESULT_OK)
    return false;
  freeReplyObject(reply);
  return true;
}

void ended_tell(struct redis *redis, enum ended_kind kind, const char *id)
{
  struct err e = ERR_NONE, again = ERR_NONE;
  g_autofree char *message = ended_format(kind, id);
  /* the second time on a connection of its own; what is told twice ends once */
  if (publish(redis, message, &e) || publish(redis, message, &again))
    return;
  counter_add(COUNTER_ENDED_UNTOLD, kind, 1);
  log_event(LOG_LEVEL_ERROR, "ended_untold", "kind=%s why=\"%s\"", ended_kind_name(kind), e.text);
}
