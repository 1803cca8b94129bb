#include "domain/field.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "domain/money.h"

void field_refuse(struct violations *violations, const char *pointer, const char *name, const char *code,
                  const char *detail, ...)
{
  va_list args;
  va_start(args, detail);
  g_autofree char *sentence = g_strdup_vprintf(detail, args);
  va_end(args);
  g_autofree char *where = g_strconcat(pointer, name[0] != '\0' ? "/" : "", name, NULL);
  violations_add(violations, VIOLATION_POINTER, code, where, "%s", sentence);
}

bool field_table_is_bare(const struct field_table *table)
{
  return table->count == 1 && table->fields[0].name[0] == '\0';
}

const char *field_code(const struct field *field)
{
  switch (field->type) {
  case FIELD_CURRENCY:
    return "invalid_currency";
  case FIELD_INSTANT:
    return "invalid_timestamp";
  default:
    return "invalid_field";
  }
}

const char *field_rule(const struct field *field, char out[FIELD_RULE_SIZE])
{
  static const char *const rules[] = {
      [FIELD_INTEGER] =
          "must be a whole number from %" PRId64 " to %" PRId64 ", without fraction or exponent",
      [FIELD_CODE] = "must be a text of %" PRId64 " to %" PRId64 " letters, digits and . _ : / # @ + -",
      [FIELD_PRINTABLE] = "must be a text of %" PRId64 " to %" PRId64 " visible ASCII characters",
      [FIELD_PROSE] = "must be a text of %" PRId64 " to %" PRId64 " characters without control characters",
      [FIELD_TEXT] = "must be a text of %" PRId64 " to %" PRId64 " bytes",
      [FIELD_CURRENCY] = "must be the code of a currency with a minor unit, in upper case",
      [FIELD_INSTANT] = "must be a time with zone as RFC 3339 writes it",
      [FIELD_LIST] = "must be a list of %" PRId64 " to %" PRId64 " elements",
  };
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf(out, FIELD_RULE_SIZE, rules[field->type], field->least, field->most);
#pragma GCC diagnostic pop
  if (field->nullable)
    g_strlcat(out, ", or null", FIELD_RULE_SIZE);
  return out;
}

/* The tables' offsets are of members that have the type the caller names. */
static void *at(const void *record, size_t offset)
{
  return (char *)(uintptr_t)record + offset;
}

int64_t *field_integer(const struct field *field, const void *record)
{
  return at(record, field->offset);
}

char **field_text(const struct field *field, const void *record)
{
  return at(record, field->offset);
}

char *field_currency(const struct field *field, const void *record)
{
  return at(record, field->offset);
}

void field_list_take(const struct field *field, void *record, void *first, size_t count)
{
  memcpy(at(record, field->offset), &first, sizeof first);
  memcpy(at(record, field->items_count), &count, sizeof count);
}

/* The member is a pointer to some struct: copying its bytes does not break the rules of aliasing. */
static char *list_first(const struct field *field, const void *record)
{
  char *first;
  memcpy(&first, at(record, field->offset), sizeof first);
  return first;
}

size_t field_item_count(const struct field *field, const void *record)
{
  const size_t *count = at(record, field->items_count);
  return *count;
}

void *field_item(const struct field *field, const void *record, size_t index)
{
  return list_first(field, record) + index * field->items->record_size;
}

bool field_faulty(const struct field_table *table, const void *record, size_t index)
{
  const uint32_t *faults = at(record, table->faults);
  return (*faults >> index & 1) != 0;
}

void field_mark_faulty(const struct field_table *table, void *record, size_t index)
{
  uint32_t *faults = at(record, table->faults);
  *faults |= UINT32_C(1) << index;
}

bool field_given(const struct field *field, const void *record)
{
  if (field->given != FIELD_UNFLAGGED)
    return *(const bool *)at(record, field->given);
  switch (field->type) {
  case FIELD_CODE:
  case FIELD_PRINTABLE:
  case FIELD_PROSE:
  case FIELD_TEXT:
    return *field_text(field, record) != NULL;
  case FIELD_CURRENCY:
    return *field_currency(field, record) != '\0';
  case FIELD_LIST:
    return field_item_count(field, record) > 0;
  default:
    return true;
  }
}

void field_set_given(const struct field *field, void *record)
{
  if (field->given != FIELD_UNFLAGGED)
    *(bool *)at(record, field->given) = true;
}

static bool within(const struct field *field, int64_t value)
{
  return value >= field->least && value <= field->most;
}

static bool made_of(const char *text, bool (*allowed)(unsigned char c))
{
  for (; *text != '\0'; text++)
    if (!allowed((unsigned char)*text))
      return false;
  return true;
}

static bool is_code(unsigned char c)
{
  return g_ascii_isalnum(c) || strchr("._:/#@+-", c) != NULL;
}

static bool is_visible(unsigned char c)
{
  return c > ' ' && c < 0x7f;
}

/* C0 with its neighbour DEL, and C1: none has a meaning in a name or a note. */
static bool is_prose(const char *text)
{
  if (!g_utf8_validate(text, -1, NULL))
    return false;
  for (; *text != '\0'; text = g_utf8_next_char(text))
    if (g_unichar_iscntrl(g_utf8_get_char(text)))
      return false;
  return true;
}

bool field_text_valid(const struct field *field, const char *text)
{
  switch (field->type) {
  case FIELD_CODE:
    return made_of(text, is_code) && within(field, (int64_t)strlen(text));
  case FIELD_PRINTABLE:
    return made_of(text, is_visible) && within(field, (int64_t)strlen(text));
  case FIELD_PROSE:
    return is_prose(text) && within(field, g_utf8_strlen(text, -1));
  case FIELD_TEXT:
    return g_utf8_validate(text, -1, NULL) && within(field, (int64_t)strlen(text));
  default:
    return false;
  }
}

static bool value_good(const struct field *field, const void *record)
{
  if (field->nullable && *field_text(field, record) == NULL)
    return true;
  switch (field->type) {
  case FIELD_INTEGER:
    return within(field, *field_integer(field, record));
  case FIELD_CODE:
  case FIELD_PRINTABLE:
  case FIELD_PROSE:
  case FIELD_TEXT:
    return field_text_valid(field, *field_text(field, record));
  case FIELD_CURRENCY:
    return currency_find(field_currency(field, record)) != NULL;
  case FIELD_INSTANT:
    return true;
  case FIELD_LIST:
    return within(field, (int64_t)field_item_count(field, record));
  }
  return false;
}

/* A value of the right type outside its limits. */
static const char *limit_code(const struct field *field, const void *record)
{
  if (field->type == FIELD_INTEGER)
    return "out_of_range";
  if (field->type == FIELD_LIST && (int64_t)field_item_count(field, record) > field->most)
    return "too_many_items";
  return field_code(field);
}

static void check_one(const struct field_table *table, size_t index, void *record, const char *pointer,
                      struct violations *violations)
{
  const struct field *field = &table->fields[index];
  bool given = field_given(field, record);
  if (field_faulty(table, record, index) || (!given && !field->required))
    return;
  char rule[FIELD_RULE_SIZE];
  if (!given) {
    field_refuse(violations, pointer, field->name, field_code(field), "is missing: it %s",
                 field_rule(field, rule));
    field_mark_faulty(table, record, index);
  } else if (!value_good(field, record)) {
    field_refuse(violations, pointer, field->name, limit_code(field, record), "%s", field_rule(field, rule));
    field_mark_faulty(table, record, index);
  } else if (field->type == FIELD_LIST) {
    for (size_t i = 0; i < field_item_count(field, record); i++) {
      char inner[FIELD_POINTER_SIZE];
      snprintf(inner, sizeof inner, "%s/%s/%zu", pointer, field->name, i);
      field_check(field->items, field_item(field, record, i), inner, violations);
    }
  }
}

void field_check(const struct field_table *table, void *record, const char *pointer,
                 struct violations *violations)
{
  for (size_t i = 0; i < table->count; i++)
    check_one(table, i, record, pointer, violations);
}

static bool is_text(const struct field *field)
{
  return field->type == FIELD_CODE || field->type == FIELD_PRINTABLE || field->type == FIELD_PROSE ||
         field->type == FIELD_TEXT;
}

static void clear_list(const struct field *field, void *record)
{
  for (size_t i = 0; i < field_item_count(field, record); i++)
    field_clear(field->items, field_item(field, record, i));
  g_free(list_first(field, record));
}

void field_clear(const struct field_table *table, void *record)
{
  for (size_t i = 0; i < table->count; i++) {
    const struct field *field = &table->fields[i];
    if (field->type == FIELD_LIST)
      clear_list(field, record);
    else if (is_text(field))
      g_free(*field_text(field, record));
  }
  memset(record, 0, table->record_size);
}
