#include "translation/parked.h"

#include <inttypes.h>
#include <string.h>

#include "base/text_fields.h"

void parked_list_init(struct parked_list *list)
{
  list->items = g_array_new(FALSE, FALSE, sizeof(struct parked));
}

void parked_list_clear(struct parked_list *list)
{
  g_clear_pointer(&list->items, g_array_unref);
}

static struct parked *item_at(const struct parked_list *list, guint i)
{
  return &g_array_index(list->items, struct parked, i);
}

static int compare(int64_t start, const char *currency, const struct parked *item)
{
  if (start != item->start)
    return start < item->start ? -1 : 1;
  return strcmp(currency, item->currency);
}

/* The first position whose item is not before (start, currency). */
static guint find(const struct parked_list *list, int64_t start, const char *currency, bool *found)
{
  guint i = 0;
  while (i < list->items->len && compare(start, currency, item_at(list, i)) > 0)
    i++;
  *found = i < list->items->len && compare(start, currency, item_at(list, i)) == 0;
  return i;
}

void parked_list_put(struct parked_list *list, const struct parked *item)
{
  bool found;
  guint i = find(list, item->start, item->currency, &found);
  if (found)
    *item_at(list, i) = *item;
  else
    g_array_insert_val(list->items, i, *item);
}

bool parked_list_remove(struct parked_list *list, int64_t start, const char *currency)
{
  bool found;
  guint i = find(list, start, currency, &found);
  if (found)
    g_array_remove_index(list->items, i);
  return found;
}

bool parked_list_has(const struct parked_list *list, int64_t start, const char *currency)
{
  bool found;
  find(list, start, currency, &found);
  if (!found)
    find(list, start, PARKED_ANY_CURRENCY, &found);
  return found;
}

/* "p1", then " <start>:<end>:<currency>:<time>" for each. */
char *parked_list_encode(const struct parked_list *list)
{
  GString *text = g_string_new("p1");
  for (guint i = 0; i < list->items->len; i++) {
    const struct parked *item = item_at(list, i);
    g_string_append_printf(text, " %" PRId64 ":%" PRId64 ":%s:%" PRI_CLUSTER_TIME, item->start, item->end,
                           item->currency, item->at);
  }
  return g_string_free(text, FALSE);
}

static bool read_item(const char *field, struct parked *out)
{
  g_auto(GStrv) parts = g_strsplit(field, ":", 5);
  return g_strv_length(parts) == 4 && text_fields_seconds(parts[0], &out->start) &&
         text_fields_seconds(parts[1], &out->end) && strlen(parts[2]) == 3 &&
         text_fields_copy(parts[2], out->currency, sizeof out->currency) &&
         text_fields_hex64(parts[3], &out->at);
}

enum result parked_list_decode(GBytes *bytes, struct parked_list *out, struct err *e)
{
  g_array_set_size(out->items, 0);
  if (bytes == NULL)
    return RESULT_OK;
  g_autofree char *text = text_fields_of_bytes(bytes);
  g_auto(GStrv) fields = text != NULL ? g_strsplit(text, " ", -1) : NULL;
  if (fields == NULL || fields[0] == NULL || strcmp(fields[0], "p1") != 0)
    return err_set(e, RESULT_CORRUPT, "parked list: not in its form");
  for (char **field = fields + 1; *field != NULL; field++) {
    struct parked item;
    if (!read_item(*field, &item))
      return err_set(e, RESULT_CORRUPT, "parked list: an item is not in its form");
    parked_list_put(out, &item);
  }
  return RESULT_OK;
}
