#include "translation/json_scan.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>
#include <json-c/json.h>

#include "tests/fuzz/fuzz.h"

/* What a text shows to a reader who knows nothing but where strings begin and end. */
struct outline {
  size_t members; /* colons outside of strings */
  size_t depth;   /* of braces and brackets */
  bool control;   /* a control character that is no blank, or any within a string */
};

static struct outline outline_of(const uint8_t *text, size_t size)
{
  struct outline outline = {0};
  size_t open = 0;
  bool in_string = false;
  for (size_t i = 0; i < size; i++) {
    uint8_t c = text[i];
    outline.control |= c < 0x20 && (in_string || strchr("\t\r\n", c) == NULL || c == '\0');
    if (c == '"')
      in_string = !in_string;
    else if (in_string && c == '\\')
      i++;
    else if (!in_string && (c == '{' || c == '['))
      open++;
    else if (!in_string && (c == '}' || c == ']'))
      open--;
    else if (!in_string && c == ':')
      outline.members++;
    outline.depth = MAX(outline.depth, open);
  }
  return outline;
}

/* json-c keeps one of several members with the same name. */
static size_t count_members(struct json_object *value)
{
  size_t count = 0;
  if (json_object_is_type(value, json_type_object)) {
    struct json_object_iterator end = json_object_iter_end(value);
    for (struct json_object_iterator at = json_object_iter_begin(value); !json_object_iter_equal(&at, &end);
         json_object_iter_next(&at))
      count += 1 + count_members(json_object_iter_peek_value(&at));
  } else if (json_object_is_type(value, json_type_array)) {
    for (size_t i = 0; i < json_object_array_length(value); i++)
      count += count_members(json_object_array_get_idx(value, i));
  }
  return count;
}

/* json-c takes whatever the scanner passes, and nothing of it is lost. A document of nothing but null is NULL
 * to it. */
static void check_with_json_c(const uint8_t *data, size_t size, size_t members)
{
  struct json_tokener *tokener = json_tokener_new_ex(JSON_SCAN_DEPTH + 1);
  struct json_object *value = json_tokener_parse_ex(tokener, (const char *)data, (int)size);
  enum json_tokener_error error = json_tokener_get_error(tokener);
  /* It waits for more behind a number or word at the top, which might go on. */
  FUZZ_CHECK(error == json_tokener_success || (error == json_tokener_continue && members == 0));
  if (error == json_tokener_success)
    FUZZ_CHECK(count_members(value) == members);
  json_object_put(value);
  json_tokener_free(tokener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  size_t offset = SIZE_MAX;
  enum json_scan_result result = json_scan((const char *)data, size, &offset);
  if (result != JSON_SCAN_OK)
    FUZZ_CHECK(offset <= size);
  if (result == JSON_SCAN_MALFORMED)
    return 0;
  struct outline outline = outline_of(data, size);
  FUZZ_CHECK(g_utf8_validate_len((const char *)data, size, NULL));
  FUZZ_CHECK(!outline.control);
  FUZZ_CHECK(outline.depth <= JSON_SCAN_DEPTH);
  if (result == JSON_SCAN_OK)
    check_with_json_c(data, size, outline.members);
  else
    FUZZ_CHECK(outline.members >= 2 && data[offset] == '"');
  return 0;
}
