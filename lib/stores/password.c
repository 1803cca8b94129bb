#include "stores/password.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include <glib.h>

#define GENERATED_LENGTH 20
#define PASSES 2
#define MEMORY ((size_t)19 * 1024 * 1024)
#define AT_ONCE 2
#define WAITING_MOST 2 /* a flood of log-ins must leave threads for those who are in */
#define WAIT_S 3

/* ---- at most AT_ONCE at work: one gate per process, because it is the process that has the memory ---- */

static pthread_once_t gate_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_freed;
static int gate_busy, gate_waiting;
static char gate_dummy[PASSWORD_HASH_SIZE]; /* of no password that anybody knows */

static void gate_init(void)
{
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&gate_freed, &attributes);
  pthread_condattr_destroy(&attributes);
  unsigned char random[32];
  /* An empty dummy verifies nothing, only faster. */
  if (sodium_init() < 0)
    return;
  randombytes_buf(random, sizeof random);
  if (crypto_pwhash_str_alg(gate_dummy, (const char *)random, sizeof random, PASSES, MEMORY,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    gate_dummy[0] = '\0';
}

MUST_CHECK static enum result gate_enter(struct err *e)
{
  struct timespec deadline;
  int failed = 0;
  pthread_once(&gate_once, gate_init);
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  deadline.tv_sec += WAIT_S;
  pthread_mutex_lock(&gate_lock);
  if (gate_busy == AT_ONCE && gate_waiting == WAITING_MOST)
    failed = EBUSY;
  gate_waiting++;
  while (gate_busy == AT_ONCE && failed == 0)
    failed = pthread_cond_timedwait(&gate_freed, &gate_lock, &deadline);
  gate_waiting--;
  bool entered = gate_busy < AT_ONCE;
  if (entered)
    gate_busy++;
  pthread_mutex_unlock(&gate_lock);
  return entered ? RESULT_OK : err_set(e, RESULT_UNAVAILABLE, "too many log-ins at the same time");
}

static void gate_leave(void)
{
  pthread_mutex_lock(&gate_lock);
  gate_busy--;
  pthread_cond_signal(&gate_freed);
  pthread_mutex_unlock(&gate_lock);
}

enum result password_hash(const char *password, char out[PASSWORD_HASH_SIZE], struct err *e)
{
  enum result r = gate_enter(e);
  if (r != RESULT_OK)
    return r;
  int failed =
      crypto_pwhash_str_alg(out, password, strlen(password), PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13);
  gate_leave();
  return failed == 0 ? RESULT_OK : err_set(e, RESULT_INTERNAL, "no memory to hash a password");
}

enum result password_check(const char *password, const char *hash, bool *right, struct err *e)
{
  enum result r = gate_enter(e);
  if (r != RESULT_OK)
    return r;
  const char *against = hash != NULL ? hash : gate_dummy;
  *right = crypto_pwhash_str_verify(against, password, strlen(password)) == 0 && hash != NULL;
  gate_leave();
  return RESULT_OK;
}

char *password_generate(void)
{
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  char *password = g_malloc0(GENERATED_LENGTH + 1);
  for (size_t i = 0; i < GENERATED_LENGTH; i++)
    password[i] = letters[randombytes_uniform(sizeof letters - 1)];
  return password;
}
