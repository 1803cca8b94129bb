#include "translation/json_fields.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "domain/instant.h"

#define PLAIN_NAME_MAX 64

/* A member name that may be repeated in an answer: nothing else of the request ever is. */
static bool is_plain_name(const char *name)
{
  size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
  return length > 0 && length <= PLAIN_NAME_MAX && name[length] == '\0';
}

static const struct field *find_field(const struct field_table *table, const char *name)
{
  for (size_t i = 0; i < table->count; i++)
    if (strcmp(table->fields[i].name, name) == 0)
      return &table->fields[i];
  return NULL;
}

static void refuse_unknown(struct json_object *object, const struct field_table *table, const char *pointer,
                           struct violations *violations)
{
  struct json_object_iterator end = json_object_iter_end(object);
  for (struct json_object_iterator at = json_object_iter_begin(object); !json_object_iter_equal(&at, &end);
       json_object_iter_next(&at)) {
    const char *name = json_object_iter_peek_name(&at);
    if (find_field(table, name) != NULL)
      continue;
    if (is_plain_name(name))
      field_refuse(violations, pointer, name, "unknown_field", "is not a member of this object");
    else
      violations_add(violations, VIOLATION_POINTER, "unknown_field", pointer,
                     "has a member that it must not have");
  }
}

/* json-c makes a double of a whole number far below int64 too: its text tells. */
static bool is_whole(struct json_object *value)
{
  if (json_object_is_type(value, json_type_int))
    return true;
  if (!json_object_is_type(value, json_type_double))
    return false;
  const char *text = json_object_get_string(value);
  return strspn(text, "-0123456789") == strlen(text);
}

static bool read_integer(struct json_object *value, int64_t *out)
{
  if (!is_whole(value))
    return false;
  *out = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : INT64_MIN;
  return true;
}

static bool read_text(struct json_object *value, char **out)
{
  if (!json_object_is_type(value, json_type_string))
    return false;
  *out = g_strndup(json_object_get_string(value), (size_t)json_object_get_string_len(value));
  return true;
}

static bool read_currency(struct json_object *value, char out[4])
{
  if (!json_object_is_type(value, json_type_string) || json_object_get_string_len(value) != 3)
    return false;
  memcpy(out, json_object_get_string(value), 4);
  return true;
}

static bool read_instant(struct json_object *value, int64_t *out)
{
  if (!json_object_is_type(value, json_type_string))
    return false;
  return instant_parse(json_object_get_string(value), (size_t)json_object_get_string_len(value), out, NULL) ==
         RESULT_OK;
}

static void mark_all_faulty(const struct field_table *table, void *record)
{
  for (size_t i = 0; i < table->count; i++)
    field_mark_faulty(table, record, i);
}

static const char *read_value(struct json_object *value, const struct field *field, void *record,
                              const char *pointer, struct violations *violations);

static void read_bare_item(struct json_object *item, const struct field_table *table, void *record,
                           const char *pointer, struct violations *violations)
{
  char rule[FIELD_RULE_SIZE];
  const char *code = read_value(item, &table->fields[0], record, pointer, violations);
  if (code == NULL)
    return;
  field_refuse(violations, pointer, "", code, "%s", field_rule(&table->fields[0], rule));
  field_mark_faulty(table, record, 0);
}

static void read_items(struct json_object *list, const struct field *field, void *record, const char *pointer,
                       struct violations *violations)
{
  size_t count = json_object_array_length(list);
  field_list_take(field, record, g_malloc0_n(count, field->items->record_size), count);
  for (size_t i = 0; i < count; i++) {
    struct json_object *item = json_object_array_get_idx(list, i);
    void *item_record = field_item(field, record, i);
    char inner[FIELD_POINTER_SIZE];
    snprintf(inner, sizeof inner, "%s/%s/%zu", pointer, field->name, i);
    if (field_table_is_bare(field->items)) {
      read_bare_item(item, field->items, item_record, inner, violations);
    } else if (json_object_is_type(item, json_type_object)) {
      json_fields_read(item, field->items, item_record, inner, violations);
    } else {
      violations_add(violations, VIOLATION_POINTER, "invalid_field", inner, "must be an object");
      mark_all_faulty(field->items, item_record);
    }
  }
}

/* The elements of a list that is too long are not looked at. Returns the code of what is wrong, NULL when
 * nothing is. */
static const char *read_list(struct json_object *value, const struct field *field, void *record,
                             const char *pointer, struct violations *violations)
{
  if (!json_object_is_type(value, json_type_array) || (int64_t)json_object_array_length(value) < field->least)
    return "invalid_field";
  if ((int64_t)json_object_array_length(value) > field->most)
    return "too_many_items";
  read_items(value, field, record, pointer, violations);
  return NULL;
}

/* As read_list. */
static const char *read_value(struct json_object *value, const struct field *field, void *record,
                              const char *pointer, struct violations *violations)
{
  bool good = false;
  if (field->nullable && value == NULL)
    return NULL;
  switch (field->type) {
  case FIELD_INTEGER:
    good = read_integer(value, field_integer(field, record));
    break;
  case FIELD_CODE:
  case FIELD_PRINTABLE:
  case FIELD_PROSE:
  case FIELD_TEXT:
    good = read_text(value, field_text(field, record));
    break;
  case FIELD_CURRENCY:
    good = read_currency(value, field_currency(field, record));
    break;
  case FIELD_INSTANT:
    good = read_instant(value, field_integer(field, record));
    break;
  case FIELD_LIST:
    return read_list(value, field, record, pointer, violations);
  }
  return good ? NULL : field_code(field);
}

static void read_field(struct json_object *object, const struct field_table *table, size_t index,
                       void *record, const char *pointer, struct violations *violations)
{
  const struct field *field = &table->fields[index];
  char rule[FIELD_RULE_SIZE];
  struct json_object *value;
  if (!json_object_object_get_ex(object, field->name, &value)) {
    if (field->required) {
      field_refuse(violations, pointer, field->name, field_code(field), "is missing: it %s",
                   field_rule(field, rule));
      field_mark_faulty(table, record, index);
    }
    return;
  }
  field_set_given(field, record);
  const char *code = read_value(value, field, record, pointer, violations);
  if (code != NULL) {
    field_refuse(violations, pointer, field->name, code, "%s", field_rule(field, rule));
    field_mark_faulty(table, record, index);
  }
}

void json_fields_read(struct json_object *object, const struct field_table *table, void *record,
                      const char *pointer, struct violations *violations)
{
  for (size_t i = 0; i < table->count; i++)
    read_field(object, table, i, record, pointer, violations);
  refuse_unknown(object, table, pointer, violations);
}
