/* watch_head: reads the checkpoint in Redis again and again: says when each became readable.
 *
 *     watch_head CONFIG     prints "ready", then a line for each checkpoint: the time (bench/ticks.h), and
 * the checkpoint in hex; ends by a signal
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/conf.h"
#include "bench/ticks.h"
#include "stores/keys.h"
#include "stores/redis.h"
#include "translation/head.h"

/* Often enough to add little to a time of milliseconds, and seldom enough to leave the processor to what is
 * measured. */
#define PAUSE_US 500

MUST_CHECK static enum result read_head(struct kv *kv, struct head *out, struct err *e)
{
  static const char *const keys[] = {KEY_HEAD};
  kv_value value = NULL;
  enum result r = kv->get(kv, keys, 1, &value, e);
  if (r == RESULT_OK)
    r = value != NULL ? head_decode(value, out, e) : err_set(e, RESULT_NOT_FOUND, "there is no head");
  kv_values_clear(&value, 1);
  return r;
}

/* Returns when a reading has failed. */
MUST_CHECK static enum result watch(struct kv *kv, struct err *e)
{
  struct head head;
  cluster_time last = 0;
  head_init(&head);
  enum result r;
  while ((r = read_head(kv, &head, e)) == RESULT_OK) {
    int64_t read_ns = ticks_now_ns();
    if (last == 0)
      puts("ready");
    if (head.ck != last)
      printf("%" PRId64 " %" PRI_CLUSTER_TIME "\n", read_ns, head.ck);
    last = head.ck;
    usleep(PAUSE_US);
  }
  head_clear(&head);
  return r;
}

int main(int argc, char **argv)
{
  struct conf *conf = NULL;
  struct redis *redis = NULL;
  struct err e = ERR_NONE;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc != 2) {
    fprintf(stderr, "usage: watch_head CONFIG\n");
    return EXIT_FAILURE;
  }
  enum result r = conf_load(argv[1], &conf, &e);
  if (r == RESULT_OK)
    r = redis_new(conf, CONF_WORKER, &redis, &e);
  if (r == RESULT_OK)
    r = watch(redis_kv(redis), &e);
  fprintf(stderr, "watch_head: %s\n", e.text);
  redis_free(redis);
  conf_free(conf);
  return EXIT_FAILURE;
}
