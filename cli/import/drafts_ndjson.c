#include "cli/import/drafts_ndjson.h"

#include <string.h>

#include "cli/import/lines.h"
#include "translation/order_json.h"

struct drafts_ndjson {
  struct drafts drafts;
  struct lines *lines;
  char *row_prefix; /* or NULL */
};

static void read_body(struct draft *draft, const struct line *line)
{
  struct violations violations;
  violations_init(&violations);
  draft->body = order_json_parse_body(line->text, line->length, &violations);
  draft_take_violations(draft, &violations);
  violations_clear(&violations);
}

static void fill_reference(const struct drafts_ndjson *ndjson, struct draft *draft)
{
  if (draft->body == NULL || json_object_object_get_ex(draft->body, "reference", NULL))
    return;
  if (ndjson->row_prefix == NULL) {
    draft_fault(draft, draft->line, "/reference", "invalid_field",
                "an import needs a reference; --reference row makes one of the line's number");
    return;
  }
  g_autofree char *reference = g_strdup_printf("%s-%zu", ndjson->row_prefix, draft->line);
  json_object_object_add(draft->body, "reference", json_object_new_string(reference));
}

static enum result ndjson_next(struct drafts *self, struct draft *out, bool *end, struct err *e)
{
  struct drafts_ndjson *ndjson = (struct drafts_ndjson *)self;
  struct line line = {0};
  do {
    enum result r = lines_next(ndjson->lines, &line, end, e);
    if (r != RESULT_OK || *end)
      return r;
  } while (line.fault == NULL && line.text[strspn(line.text, " \t\r")] == '\0');
  out->line = line.number;
  out->rows = 1;
  if (line.fault != NULL) {
    draft_fault(out, line.number, "", "malformed_json", "%s", line.fault);
    return RESULT_OK;
  }
  read_body(out, &line);
  fill_reference(ndjson, out);
  return RESULT_OK;
}

static void ndjson_free(struct drafts *self)
{
  struct drafts_ndjson *ndjson = (struct drafts_ndjson *)self;
  lines_free(ndjson->lines);
  g_free(ndjson->row_prefix);
  g_free(ndjson);
}

struct drafts *drafts_ndjson_new(FILE *stream, const char *row_prefix)
{
  struct drafts_ndjson *ndjson = g_new0(struct drafts_ndjson, 1);
  ndjson->drafts = (struct drafts){.next = ndjson_next, .free = ndjson_free};
  ndjson->lines = lines_new(stream);
  ndjson->row_prefix = g_strdup(row_prefix);
  return &ndjson->drafts;
}
