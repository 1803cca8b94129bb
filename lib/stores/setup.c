#include "stores/setup.h"

#include <stdarg.h>

#include "stores/mongo.h"
#include "stores/setup_internal.h"

void setup_report(struct setup *setup, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  g_ptr_array_add(setup->report, g_strdup_vprintf(format, args));
  va_end(args);
}

enum result setup_command(struct setup *setup, const char *database, const bson_t *command, const char *what,
                          bson_t *reply, uint32_t *code, struct err *e)
{
  bson_error_t error = {0};
  if (mongoc_client_command_with_opts(setup->client, database, command, NULL, NULL, reply, &error))
    return RESULT_OK;
  if (code != NULL)
    *code = error.domain == MONGOC_ERROR_SERVER ? error.code : 0;
  return mongo_failed(&error, what, e);
}

MUST_CHECK static enum result run_parts(struct setup *setup, struct err *e)
{
  enum result r = setup_collections(setup, e);
  if (r == RESULT_OK)
    r = setup_users(setup, e);
  if (r == RESULT_OK)
    r = setup_redis_users(setup, e);
  return r;
}

enum result setup_run(const struct conf *conf, GPtrArray *report, struct err *e)
{
  struct setup setup = {.conf = conf, .report = report};
  struct mongo *mongo = NULL;
  enum result r = mongo_open_alone(conf, CONF_ADMIN, &mongo, e);
  if (r == RESULT_OK)
    r = mongo_take(mongo, &setup.client, e);
  if (r == RESULT_OK)
    r = redis_new(conf, CONF_ADMIN, &setup.redis, e);
  if (r == RESULT_OK)
    r = run_parts(&setup, e);
  redis_free(setup.redis);
  if (mongo != NULL)
    mongo_give(mongo, setup.client);
  mongo_free(mongo);
  return r;
}
