/* The cookie, the CSRF token and the Origin of a request, told from what is not ours by a reader that was
 * written apart. Input: a line each. */
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "tests/fuzz/answer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/worker/world.h"

#define EMAIL "a@b"

static struct context context;

static void make_world(void)
{
  struct err e = ERR_NONE;
  log_init("fuzz", LOG_LEVEL_ERROR + 1);
  world_init();
  world_add_merchant("shop", "UTC");
  world_add_user(EMAIL, "secret", "shop", "owner");
  FUZZ_CHECK(context_init(&context, &world.service, &e) == RESULT_OK);
}

/* The only session there is: in this world its token and CSRF token are always the same. */
static void log_in(void)
{
  static const char credentials[] = "{\"email\":\"" EMAIL "\",\"password\":\"secret\"}";
  g_array_set_size(world.sessions, 0);
  g_hash_table_remove_all(world.attempts);
  struct answer answer =
      call_run(&context, &(struct call){.method = "POST", .uri = "/v1/session", .body = credentials});
  FUZZ_CHECK(answer_check(&answer) == 200);
  answer_clear(&answer);
}

/* ---- read apart: RFC 6265, 5.4: "name=value" between semicolons, the first of a name counts ---- */

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

static bool cookie_is(const char *header, const char *name, const char *value)
{
  while (header != NULL) {
    while (is_blank(*header))
      header++;
    const char *end = header + strcspn(header, ";");
    const char *last = end;
    while (last > header && is_blank(last[-1]))
      last--;
    size_t length = (size_t)(last - header), name_length = strlen(name);
    if (length > name_length && memcmp(header, name, name_length) == 0 && header[name_length] == '=')
      return length - name_length - 1 == strlen(value) &&
             memcmp(header + name_length + 1, value, strlen(value)) == 0;
    header = *end == ';' ? end + 1 : NULL;
  }
  return false;
}

/* ---- the worker's answer ---- */

/* The status. */
static int ask(const char *method, char **lines)
{
  g_autofree char *cookie = g_strdup_printf("HTTP_COOKIE=%s", lines[0]);
  g_autofree char *csrf = g_strdup_printf("HTTP_X_CSRF_TOKEN=%s", lines[1]);
  g_autofree char *origin = g_strdup_printf("HTTP_ORIGIN=%s", lines[2]);
  const char *const more[] = {cookie, csrf, origin, NULL};
  struct answer answer =
      call_run(&context, &(struct call){.method = method, .uri = "/v1/session", .more = more});
  int status = answer_check(&answer);
  answer_clear(&answer);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (context.redis == NULL)
    make_world();
  log_in();
  const struct world_session *only = &g_array_index(world.sessions, struct world_session, 0);
  g_autofree char *text = g_strndup((const char *)data, size);
  g_autofree char *three = g_strconcat(text, "\n\n", NULL);
  g_auto(GStrv) lines = g_strsplit(three, "\n", -1);

  bool known = cookie_is(lines[0], "takings", only->token);
  bool by_us =
      strcmp(lines[1], only->session.csrf) == 0 && strcmp(lines[2], world.conf.worker_public_origin) == 0;
  FUZZ_CHECK(ask("GET", lines) == (known ? 200 : 401));
  FUZZ_CHECK(ask("DELETE", lines) == (!known ? 401 : !by_us ? 403 : 204));
  FUZZ_CHECK(ask("GET", lines) == (known && !by_us ? 200 : 401));
  return 0;
}
