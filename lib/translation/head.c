#include "translation/head.h"

#include <string.h>

#include "base/random_id.h"
#include "base/text_fields.h"

/* "h1 <epoch> <ck|-> <ck wall ms|-> <token|-> <pipeline|-> <mark|-> <mark token|->" */
enum {
  HEAD_VERSION,
  HEAD_EPOCH,
  HEAD_CK,
  HEAD_CK_WALL,
  HEAD_TOKEN,
  HEAD_PIPELINE,
  HEAD_MARK,
  HEAD_MARK_TOKEN,
  HEAD_FIELDS
};

void head_init(struct head *head)
{
  *head = (struct head){.token = NULL};
}

void head_clear(struct head *head)
{
  g_clear_pointer(&head->token, g_free);
  g_clear_pointer(&head->mark_token, g_free);
  head_init(head);
}

void head_copy(struct head *to, const struct head *from)
{
  head_clear(to);
  *to = *from;
  to->token = g_strdup(from->token);
  to->mark_token = g_strdup(from->mark_token);
}

void head_new(struct head *head)
{
  head_clear(head);
  random_id_make(head->epoch);
}

char *head_encode(const struct head *head)
{
  GString *text = g_string_new("h1");
  g_string_append_printf(text, " %s", head->epoch);
  if (head->has_ck)
    g_string_append_printf(text, " %" PRI_CLUSTER_TIME " %" PRId64 " %s", head->ck, head->ck_wall_ms,
                           head->token);
  else
    g_string_append(text, " - - -");
  g_string_append_printf(text, " %s", head->pipeline[0] != '\0' ? head->pipeline : "-");
  if (head->has_mark)
    g_string_append_printf(text, " %" PRI_CLUSTER_TIME " %s", head->mark, head->mark_token);
  else
    g_string_append(text, " - -");
  return g_string_free(text, FALSE);
}

static bool absent(const char *field)
{
  return strcmp(field, "-") == 0;
}

static bool read_ck(char **fields, struct head *out)
{
  out->has_ck = !absent(fields[HEAD_CK]);
  if (!out->has_ck)
    return absent(fields[HEAD_CK_WALL]) && absent(fields[HEAD_TOKEN]);
  out->token = g_strdup(fields[HEAD_TOKEN]);
  return text_fields_hex64(fields[HEAD_CK], &out->ck) &&
         text_fields_milliseconds(fields[HEAD_CK_WALL], &out->ck_wall_ms) && !absent(fields[HEAD_TOKEN]);
}

static bool read_mark(char **fields, struct head *out)
{
  out->has_mark = !absent(fields[HEAD_MARK]);
  if (!out->has_mark)
    return absent(fields[HEAD_MARK_TOKEN]);
  out->mark_token = g_strdup(fields[HEAD_MARK_TOKEN]);
  return text_fields_hex64(fields[HEAD_MARK], &out->mark) && !absent(fields[HEAD_MARK_TOKEN]);
}

static bool read_fields(char *text, struct head *out)
{
  char *fields[HEAD_FIELDS];
  uint64_t ignored;
  if (!text_fields_split(text, fields, HEAD_FIELDS) || strcmp(fields[HEAD_VERSION], "h1") != 0)
    return false;
  if (!text_fields_hex64(fields[HEAD_EPOCH], &ignored) ||
      !text_fields_copy(fields[HEAD_EPOCH], out->epoch, sizeof out->epoch))
    return false;
  if (!absent(fields[HEAD_PIPELINE]) &&
      (!text_fields_hex64(fields[HEAD_PIPELINE], &ignored) ||
       !text_fields_copy(fields[HEAD_PIPELINE], out->pipeline, sizeof out->pipeline)))
    return false;
  return read_ck(fields, out) && read_mark(fields, out);
}

enum result head_decode(GBytes *bytes, struct head *out, struct err *e)
{
  g_autofree char *text = text_fields_of_bytes(bytes);
  head_clear(out);
  if (text != NULL && read_fields(text, out))
    return RESULT_OK;
  head_clear(out);
  return err_set(e, RESULT_CORRUPT, "head: not in its form");
}
