#include "fcgi/attempts.h"

#include <arpa/inet.h>
#include <string.h>

#include <sodium.h>

#include "fcgi/slots.h"
#include "stores/audit.h"
#include "stores/login_limit.h"

#define HASH_BYTES 16
#define HASH_TEXT_SIZE (2 * HASH_BYTES + 1)
#define ACCOUNT_FACTOR 4 /* from all strange addresses together, as many as four addresses may */
#define NETWORK_BYTES 8  /* of an IPv6 address: its /64 */

/* ---- names of subjects: nobody is named in Redis ---- */

static void hash_text(const char *text, char out[HASH_TEXT_SIZE])
{
  unsigned char hash[HASH_BYTES];
  crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
  sodium_bin2hex(out, HASH_TEXT_SIZE, hash, sizeof hash);
}

const char *attempts_address(const struct exchange *x)
{
  const char *peer = request_header(&x->request, "REMOTE_ADDR");
  return peer != NULL ? peer : "-";
}

/* "203.0.113.7", "2001:db8:0:1::/64"; an IPv4 address in IPv6's clothes is the IPv4 address. */
static void network_of(const char *address, char out[INET6_ADDRSTRLEN + 4])
{
  struct in6_addr six;
  g_strlcpy(out, address, INET6_ADDRSTRLEN);
  if (inet_pton(AF_INET6, address, &six) != 1)
    return;
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    inet_ntop(AF_INET, &six.s6_addr[12], out, INET6_ADDRSTRLEN);
    return;
  }
  memset(&six.s6_addr[NETWORK_BYTES], 0, sizeof six.s6_addr - NETWORK_BYTES);
  inet_ntop(AF_INET6, &six, out, INET6_ADDRSTRLEN);
  g_strlcat(out, "/64", INET6_ADDRSTRLEN + 4);
}

struct subjects {
  char network[INET6_ADDRSTRLEN + 4];
  char account[HASH_TEXT_SIZE]; /* addresses are compared without regard to the case of ASCII letters */
  char place[HASH_TEXT_SIZE];   /* the two together */
};

static struct subjects subjects_of(const struct exchange *x, const char *email)
{
  struct subjects subjects;
  g_autofree char *folded = g_ascii_strdown(email, -1);
  network_of(attempts_address(x), subjects.network);
  hash_text(folded, subjects.account);
  g_autofree char *both = g_strdup_printf("%s %s", subjects.account, subjects.network);
  hash_text(both, subjects.place);
  return subjects;
}

/* ---- counting ---- */

static bool failed(struct exchange *x, enum result r, const struct err *e)
{
  if (r != RESULT_OK)
    exchange_fail(x, "login_limit", r, e);
  return r != RESULT_OK;
}

static bool allow(struct exchange *x, const char *kind, const char *name, int64_t most)
{
  g_autofree char *limit = g_strconcat("login-", kind, NULL);
  g_autofree char *subject = g_strdup_printf("%s:%s", kind, name);
  struct slots slots = {.name = limit, .detail = "Too many attempts to log in. Wait a moment.", .most = most};
  return slots_allow(x, &slots, subject);
}

bool attempts_allow(struct exchange *x, const char *email)
{
  struct err e = ERR_NONE;
  bool knows = false;
  int64_t most = x->context->service->conf->limits_logins_per_minute;
  struct subjects subjects = subjects_of(x, email);
  if (!allow(x, "address", subjects.network, most) ||
      failed(x, login_limit_knows(x->context->redis, subjects.place, &knows, &e), &e))
    return false;
  return knows || allow(x, "account", subjects.account, ACCOUNT_FACTOR * most);
}

bool attempts_succeeded(struct exchange *x, const char *email)
{
  struct err e = ERR_NONE;
  struct subjects subjects = subjects_of(x, email);
  return !failed(x, login_limit_remember(x->context->redis, subjects.place, &e), &e);
}

bool attempts_failed(struct exchange *x, const char *email, const struct user *user)
{
  struct err e = ERR_NONE;
  int64_t wait_s = 0;
  struct subjects subjects = subjects_of(x, email);
  struct audit_record record = {.action = AUDIT_SESSION_FAIL,
                                .who = AUDIT_WHO_NOBODY,
                                .subject = user->id,
                                .detail = attempts_address(x),
                                .memberships = user->memberships,
                                .request_id = x->request.id};
  g_autofree char *subject = g_strconcat("noted:", subjects.account, NULL);
  if (!slots_take(x, subject, x->context->service->conf->limits_logins_per_minute, &wait_s))
    return false;
  return wait_s > 0 || !failed(x, audit_add(&x->context->people, &record, &e), &e);
}
