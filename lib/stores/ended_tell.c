#include "stores/ended_tell.h"

#include "base/log.h"
#include "stores/keys.h"

void ended_tell(struct redis *redis, enum ended_kind kind, const char *id)
{
  struct err e = ERR_NONE;
  redisReply *reply = NULL;
  g_autofree char *message = ended_format(kind, id);
  if (redis_call(redis, &reply, &e, "PUBLISH", KEY_ENDED_CHANNEL, message, NULL) == RESULT_OK)
    freeReplyObject(reply);
  else
    log_event(LOG_LEVEL_WARN, "ended_untold", "kind=%s why=\"%s\"", ended_kind_name(kind), e.text);
}
