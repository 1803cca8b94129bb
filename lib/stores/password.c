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
#define WAIT_S 3

/* ---- at most AT_ONCE at work: one gate per process, because it is the process that has the memory ---- */

/* Whoever makes passwords leaves a place for those who log in, and waits in a row apart: one owner who adds
 * members without end must not keep people of other merchants out. */
enum purpose { CHECKING, MAKING };
static const struct {
  int at_work, waiting; /* at most; few wait, so that threads are left for those who are in */
} gate_most[] = {[CHECKING] = {AT_ONCE, 2}, [MAKING] = {AT_ONCE - 1, 1}};

static pthread_once_t gate_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_freed;
static int gate_busy[G_N_ELEMENTS(gate_most)], gate_waiting[G_N_ELEMENTS(gate_most)];
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

static bool gate_full(enum purpose purpose)
{
  return gate_busy[CHECKING] + gate_busy[MAKING] == AT_ONCE ||
         gate_busy[purpose] == gate_most[purpose].at_work;
}

MUST_CHECK static enum result gate_enter(enum purpose purpose, struct err *e)
{
  struct timespec deadline;
  int failed = 0;
  pthread_once(&gate_once, gate_init);
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  deadline.tv_sec += WAIT_S;
  pthread_mutex_lock(&gate_lock);
  if (gate_full(purpose) && gate_waiting[purpose] == gate_most[purpose].waiting)
    failed = EBUSY;
  gate_waiting[purpose]++;
  while (gate_full(purpose) && failed == 0)
    failed = pthread_cond_timedwait(&gate_freed, &gate_lock, &deadline);
  gate_waiting[purpose]--;
  bool entered = !gate_full(purpose);
  gate_busy[purpose] += entered;
  pthread_mutex_unlock(&gate_lock);
  return entered ? RESULT_OK : err_set(e, RESULT_UNAVAILABLE, "too many log-ins at the same time");
}

static void gate_leave(enum purpose purpose)
{
  pthread_mutex_lock(&gate_lock);
  gate_busy[purpose]--;
  pthread_cond_broadcast(&gate_freed); /* one of the other row could not use it */
  pthread_mutex_unlock(&gate_lock);
}

enum result password_hash(const char *password, char out[PASSWORD_HASH_SIZE], struct err *e)
{
  enum result r = gate_enter(MAKING, e);
  if (r != RESULT_OK)
    return r;
  int failed =
      crypto_pwhash_str_alg(out, password, strlen(password), PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13);
  gate_leave(MAKING);
  return failed == 0 ? RESULT_OK : err_set(e, RESULT_INTERNAL, "no memory to hash a password");
}

enum result password_check(const char *password, const char *hash, bool *right, struct err *e)
{
  enum result r = gate_enter(CHECKING, e);
  if (r != RESULT_OK)
    return r;
  const char *against = hash != NULL ? hash : gate_dummy;
  *right = crypto_pwhash_str_verify(against, password, strlen(password)) == 0 && hash != NULL;
  gate_leave(CHECKING);
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
