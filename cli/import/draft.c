#include "cli/import/draft.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/import/row_field.h"

static void clear_fault(void *item)
{
  struct fault *fault = item;
  g_free(fault->field);
  g_free(fault->reason);
}

void draft_init(struct draft *draft)
{
  *draft = (struct draft){0};
  draft->sources = g_array_new(FALSE, FALSE, sizeof(size_t));
  draft->faults = g_array_new(FALSE, FALSE, sizeof(struct fault));
  g_array_set_clear_func(draft->faults, clear_fault);
}

void draft_clear(struct draft *draft)
{
  json_object_put(draft->body);
  g_array_free(draft->sources, TRUE);
  g_array_free(draft->faults, TRUE);
  *draft = (struct draft){0};
}

static void add_fault(struct draft *draft, size_t line, const char *field, const char *code, char *reason)
{
  struct fault fault = {.line = line, .field = g_strdup(field), .code = code, .reason = reason};
  if (draft->faults->len < DRAFT_FAULTS_MAX)
    g_array_append_val(draft->faults, fault);
  else
    clear_fault(&fault);
}

void draft_fault(struct draft *draft, size_t line, const char *field, const char *code, const char *reason,
                 ...)
{
  va_list args;
  va_start(args, reason);
  add_fault(draft, line, field, code, g_strdup_vprintf(reason, args));
  va_end(args);
}

void draft_fault_err(struct draft *draft, size_t line, const char *field, const char *code,
                     const struct err *e)
{
  if (code == NULL)
    code = e->code == RESULT_OUT_OF_RANGE ? "out_of_range" : "invalid_field";
  add_fault(draft, line, field, code, g_strdup(e->text));
}

/* "/lines/3/quantity" to the file's line behind the body's line 3 and to our name of the field. Pointers of
 * order bodies (no sources) stay as they are. */
static void locate(const struct draft *draft, const char *pointer, size_t *line, const char **name)
{
  *line = draft->line;
  *name = pointer;
  if (draft->sources->len == 0)
    return;
  const char *member = pointer[0] == '/' ? pointer + 1 : pointer;
  bool of_line = g_str_has_prefix(member, "lines/");
  if (of_line) {
    char *end = NULL;
    guint64 index = g_ascii_strtoull(member + strlen("lines/"), &end, 10);
    if (index < draft->sources->len)
      *line = g_array_index(draft->sources, size_t, index);
    member = *end == '/' ? end + 1 : end;
  }
  enum row_field field = row_field_of_member(member, of_line);
  if (field != ROW_FIELD_NONE)
    *name = row_field_rules[field].name;
}

void draft_take_violations(struct draft *draft, const struct violations *violations)
{
  for (size_t i = 0; i < violations->count; i++) {
    const struct violation *violation = &violations->items[i];
    size_t line;
    const char *name;
    locate(draft, violation->where, &line, &name);
    draft_fault(draft, line, name, violation->code, "%s", violation->detail);
  }
}

void drafts_free(struct drafts *drafts)
{
  if (drafts != NULL)
    drafts->free(drafts);
}
