#include "batch/wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_fields.h"

/* flush <from> <to> <to wall ms> <token> <pipeline> <dirty count> <ask count> <request count> <untraced>, and
 * a line for each that is counted:
 * - d <merchant> <start> <width>
 * - a <merchant> <at> <must>
 * - r <request id> */
#define FLUSH_FIELDS 10
#define REBUILD_FIELDS 6

void wire_put_flush(GString *out, const struct flush *flush)
{
  g_string_append_printf(
      out, "flush %" PRI_CLUSTER_TIME " %" PRI_CLUSTER_TIME " %" PRId64 " %s %s %u %u %u %" PRId64 "\n",
      flush->from, flush->to, flush->to_wall_ms, flush->token, flush->pipeline, flush->dirty->len,
      flush->asks->len, flush->traced->len, flush->untraced);
  for (guint i = 0; i < flush->dirty->len; i++) {
    const struct flush_dirty *dirty = &g_array_index(flush->dirty, struct flush_dirty, i);
    g_string_append_printf(out, "d %s %" PRId64 " %" PRId64 "\n", dirty->merchant, dirty->start,
                           dirty->width);
  }
  for (guint i = 0; i < flush->asks->len; i++) {
    const struct flush_ask *ask = &g_array_index(flush->asks, struct flush_ask, i);
    g_string_append_printf(out, "a %s %" PRI_CLUSTER_TIME " %d\n", ask->merchant, ask->at, ask->must);
  }
  for (guint i = 0; i < flush->traced->len; i++)
    g_string_append_printf(out, "r %s\n", (char *)g_ptr_array_index(flush->traced, i));
}

void wire_put_rebuild(GString *out, const struct rebuild *rebuild)
{
  g_string_append_printf(out, "rebuild %" PRI_CLUSTER_TIME " %s %s %d %d\n", rebuild->mark, rebuild->token,
                         rebuild->pipeline, rebuild->new_epoch, rebuild->resume);
}

void wire_put_reply(GString *out, const struct link_reply *reply)
{
  if (reply->kind == LINK_FLUSHED)
    g_string_append_printf(out, "flushed %d\n", (int)reply->flush);
  else
    g_string_append_printf(out, "rebuilt %d\n", (int)reply->rebuild);
}

/* ---- reading ---- */

static bool read_line(FILE *in, char **line, size_t *size)
{
  ssize_t length = getline(line, size, in);
  if (length <= 0 || (*line)[length - 1] != '\n')
    return false;
  (*line)[length - 1] = '\0';
  return true;
}

static bool read_flag(const char *field, bool *out)
{
  *out = strcmp(field, "1") == 0;
  return *out || strcmp(field, "0") == 0;
}

static bool read_dirty(char *line, GArray *dirty)
{
  char *fields[4];
  struct flush_dirty item = {.width = 0};
  if (!text_fields_split(line, fields, 4) || strcmp(fields[0], "d") != 0 ||
      !text_fields_copy(fields[1], item.merchant, sizeof item.merchant) ||
      !text_fields_int64(fields[2], &item.start) || !text_fields_int64(fields[3], &item.width) ||
      item.width <= 0)
    return false;
  g_array_append_val(dirty, item);
  return true;
}

static bool read_ask(char *line, GArray *asks)
{
  char *fields[4];
  struct flush_ask item = {.at = 0};
  if (!text_fields_split(line, fields, 4) || strcmp(fields[0], "a") != 0 ||
      !text_fields_copy(fields[1], item.merchant, sizeof item.merchant) ||
      !text_fields_hex64(fields[2], &item.at) || !read_flag(fields[3], &item.must))
    return false;
  g_array_append_val(asks, item);
  return true;
}

static bool read_traced(FILE *in, int64_t count, GPtrArray *traced, char **line, size_t *size)
{
  for (int64_t i = 0; i < count; i++) {
    char *fields[2];
    if (!read_line(in, line, size) || !text_fields_split(*line, fields, 2) || strcmp(fields[0], "r") != 0)
      return false;
    g_ptr_array_add(traced, g_strdup(fields[1]));
  }
  return true;
}

typedef bool (*read_item_fn)(char *line, GArray *items);

static bool read_items(FILE *in, int64_t count, read_item_fn read_item, GArray *items, char **line,
                       size_t *size)
{
  for (int64_t i = 0; i < count; i++)
    if (!read_line(in, line, size) || !read_item(*line, items))
      return false;
  return true;
}

static bool read_flush(FILE *in, char **line, size_t *size, struct flush *out)
{
  char *fields[FLUSH_FIELDS];
  int64_t dirty, asks, traced;
  if (!text_fields_split(*line, fields, FLUSH_FIELDS) || !text_fields_hex64(fields[1], &out->from) ||
      !text_fields_hex64(fields[2], &out->to) || !text_fields_int64(fields[3], &out->to_wall_ms) ||
      !text_fields_copy(fields[5], out->pipeline, sizeof out->pipeline) ||
      !text_fields_int64(fields[6], &dirty) || !text_fields_int64(fields[7], &asks) ||
      !text_fields_int64(fields[8], &traced) || !text_fields_int64(fields[9], &out->untraced))
    return false;
  out->token = g_strdup(fields[4]);
  return read_items(in, dirty, read_dirty, out->dirty, line, size) &&
         read_items(in, asks, read_ask, out->asks, line, size) &&
         read_traced(in, traced, out->traced, line, size);
}

static bool read_rebuild(char *line, struct wire_request *out)
{
  char *fields[REBUILD_FIELDS];
  struct rebuild *rebuild = &out->rebuild;
  if (!text_fields_split(line, fields, REBUILD_FIELDS) || !text_fields_hex64(fields[1], &rebuild->mark) ||
      !read_flag(fields[4], &rebuild->new_epoch) || !read_flag(fields[5], &rebuild->resume))
    return false;
  rebuild->token = out->texts[0] = g_strdup(fields[2]);
  rebuild->pipeline = out->texts[1] = g_strdup(fields[3]);
  return true;
}

static bool read_request(FILE *in, char **line, size_t *size, struct wire_request *out)
{
  if (g_str_has_prefix(*line, "flush ")) {
    out->kind = WIRE_FLUSH;
    flush_init(&out->flush);
    return read_flush(in, line, size, &out->flush);
  }
  out->kind = WIRE_REBUILD;
  return g_str_has_prefix(*line, "rebuild ") && read_rebuild(*line, out);
}

enum result wire_read_request(FILE *in, struct wire_request *out, struct err *e)
{
  char *line = NULL;
  size_t size = 0;
  *out = (struct wire_request){.kind = WIRE_END};
  bool any = read_line(in, &line, &size);
  bool good = !any || read_request(in, &line, &size, out);
  free(line);
  if (good)
    return RESULT_OK;
  wire_request_clear(out);
  return err_set(e, RESULT_INVALID, "a request line does not parse");
}

void wire_request_clear(struct wire_request *request)
{
  if (request->kind == WIRE_FLUSH)
    flush_clear(&request->flush);
  g_free(request->texts[0]);
  g_free(request->texts[1]);
  *request = (struct wire_request){.kind = WIRE_END};
}

enum result wire_read_reply(char *line, struct link_reply *out, struct err *e)
{
  char *fields[2];
  int64_t outcome = -1;
  bool good = text_fields_split(line, fields, 2) && text_fields_int64(fields[1], &outcome) && outcome >= 0;
  if (good && strcmp(fields[0], "flushed") == 0 && outcome <= FLUSH_RETRY)
    *out = (struct link_reply){.kind = LINK_FLUSHED, .flush = (enum flush_outcome)outcome};
  else if (good && strcmp(fields[0], "rebuilt") == 0 && outcome <= REBUILD_RETRY)
    *out = (struct link_reply){.kind = LINK_REBUILT, .rebuild = (enum rebuild_outcome)outcome};
  else
    return err_set(e, RESULT_INVALID, "a reply line does not parse");
  return RESULT_OK;
}
