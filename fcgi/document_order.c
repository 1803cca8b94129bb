#include "fcgi/document_order.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8

/* Where something stands: its place among its siblings, at each level. */
struct place {
  size_t steps[DEPTH_MAX];
  size_t depth;
  size_t found; /* place in the list of violations, to keep equals in order */
  struct violation violation;
};

/* The place of a member among its siblings; behind all of them when it is not there. */
static size_t member_index(struct json_object *object, const char *name, struct json_object **member)
{
  size_t index = 0;
  *member = NULL;
  struct json_object_iterator end = json_object_iter_end(object);
  for (struct json_object_iterator at = json_object_iter_begin(object); !json_object_iter_equal(&at, &end);
       json_object_iter_next(&at), index++)
    if (strcmp(json_object_iter_peek_name(&at), name) == 0) {
      *member = json_object_iter_peek_value(&at);
      break;
    }
  return index;
}

static size_t step_into(struct json_object **at, const char *step)
{
  struct json_object *parent = *at;
  *at = NULL;
  if (json_object_is_type(parent, json_type_object))
    return member_index(parent, step, at);
  size_t index = (size_t)g_ascii_strtoull(step, NULL, 10);
  if (json_object_is_type(parent, json_type_array) && index < json_object_array_length(parent))
    *at = json_object_array_get_idx(parent, index);
  return index;
}

static void find_place(struct place *place, struct json_object *body)
{
  g_auto(GStrv) steps = g_strsplit(place->violation.where, "/", -1);
  if (place->violation.place != VIOLATION_POINTER || steps[0] == NULL)
    return;
  struct json_object *at = body;
  for (char **step = steps + 1; *step != NULL && place->depth < DEPTH_MAX; step++)
    place->steps[place->depth++] = step_into(&at, *step);
}

static int compare(const void *a, const void *b)
{
  const struct place *one = a, *other = b;
  for (size_t i = 0; i < one->depth && i < other->depth; i++)
    if (one->steps[i] != other->steps[i])
      return one->steps[i] < other->steps[i] ? -1 : 1;
  if (one->depth != other->depth)
    return one->depth < other->depth ? -1 : 1;
  return one->found < other->found ? -1 : 1;
}

static struct place *places_of(const struct violations *violations)
{
  struct place *places = g_new0(struct place, violations->count);
  for (size_t i = 0; i < violations->count; i++)
    places[i] = (struct place){.found = i, .violation = violations->items[i]};
  return places;
}

static void put_back(struct violations *violations, struct place *places)
{
  qsort(places, violations->count, sizeof *places, compare);
  for (size_t i = 0; i < violations->count; i++)
    violations->items[i] = places[i].violation;
}

void document_order_sort(struct violations *violations, struct json_object *body)
{
  g_autofree struct place *places = places_of(violations);
  for (size_t i = 0; i < violations->count; i++)
    find_place(&places[i], body);
  put_back(violations, places);
}

void document_order_sort_query(struct violations *violations, const struct query *query)
{
  g_autofree struct place *places = places_of(violations);
  for (size_t i = 0; i < violations->count; i++) {
    guint at = 0;
    while (at < query->items->len && strcmp(g_array_index(query->items, struct query_parameter, at).name,
                                            places[i].violation.where) != 0)
      at++;
    places[i].steps[0] = at;
    places[i].depth = 1;
  }
  put_back(violations, places);
}
