#include "translation/hint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "base/text_fields.h"
#include "domain/instant.h"

#define POSITION "p1_"
#define HEX_DIGITS 16
#define HOUR_DIGITS_MAX 12

const char *hint_position(cluster_time at, char out[HINT_POSITION_SIZE])
{
  snprintf(out, HINT_POSITION_SIZE, POSITION "%" PRI_CLUSTER_TIME, at);
  return out;
}

/* ---- reading ---- */

struct cursor {
  const char *at, *end;
};

static bool take(struct cursor *cursor, const char *expected)
{
  size_t length = strlen(expected);
  if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, expected, length) != 0)
    return false;
  cursor->at += length;
  return true;
}

static bool take_position(struct cursor *cursor, cluster_time *out)
{
  char hex[HEX_DIGITS + 1];
  if (!take(cursor, POSITION) || cursor->end - cursor->at < HEX_DIGITS)
    return false;
  memcpy(hex, cursor->at, HEX_DIGITS);
  hex[HEX_DIGITS] = '\0';
  cursor->at += HEX_DIGITS;
  return text_fields_hex64(hex, out);
}

/* No sign, no leading zero: one text for each number. */
static bool take_hour(struct cursor *cursor, int64_t *out)
{
  const char *start = cursor->at;
  int64_t number = 0;
  while (cursor->at < cursor->end && g_ascii_isdigit(*cursor->at) && cursor->at - start < HOUR_DIGITS_MAX)
    number = 10 * number + (*cursor->at++ - '0');
  *out = number;
  ptrdiff_t digits = cursor->at - start;
  return digits > 0 && (*start != '0' || digits == 1 || MUTANT("hint-takes-leading-zeros")) &&
         number <= INSTANT_MS_MAX / 1000;
}

static bool take_hours(struct cursor *cursor, struct hint *out)
{
  do {
    if ((out->count == HINT_HOURS_MAX && !MUTANT("hint-names-any-number")) ||
        !take_hour(cursor, &out->hours[out->count++]))
      return false;
  } while (take(cursor, ","));
  return take(cursor, "]");
}

bool hint_parse(const char *text, size_t length, struct hint *out)
{
  struct cursor cursor = {.at = text, .end = text + length};
  out->has_position = true;
  out->all = out->more = false;
  out->count = 0;
  if (length > HINT_BYTES_MAX || !take(&cursor, "{\"position\":\"") ||
      !take_position(&cursor, &out->position) || !take(&cursor, "\","))
    return false;
  if (take(&cursor, "\"all\":true"))
    out->all = true;
  else if (!take(&cursor, "\"hours\":[") || !take_hours(&cursor, out) || !take(&cursor, ",\"more\":"))
    return false;
  else if (take(&cursor, "true"))
    out->more = true;
  else if (!take(&cursor, "false"))
    return false;
  return take(&cursor, "}") && (cursor.at == cursor.end || MUTANT("hint-ends-early"));
}

/* ---- adding up ---- */

void hint_set_all(struct hint *hint)
{
  hint->has_position = false;
  hint->position = 0;
  hint->all = true;
  hint->more = false;
  hint->count = 0;
}

static bool names(const struct hint *hint, int64_t hour)
{
  for (size_t i = 0; i < hint->count; i++)
    if (hint->hours[i] == hour)
      return true;
  return false;
}

void hint_merge(struct hint *hint, const struct hint *later, size_t most)
{
  hint->has_position = later->has_position;
  hint->position = later->position;
  hint->all = hint->all || later->all;
  hint->more = !hint->all && (hint->more || later->more);
  if (hint->all)
    hint->count = 0;
  for (size_t i = 0; i < later->count && !hint->all; i++) {
    if (names(hint, later->hours[i]))
      continue;
    if (hint->count < MIN(most, (size_t)HINT_HOURS_MAX))
      hint->hours[hint->count++] = later->hours[i];
    else
      hint->more = true;
  }
}

/* ---- writing ---- */

void hint_write_event(const struct hint *hint, GString *out)
{
  char position[HINT_POSITION_SIZE];
  g_string_append(out, "event: changed\n");
  if (hint->has_position)
    g_string_append_printf(out, "id: %s\ndata: {\"position\":\"%s\",",
                           hint_position(hint->position, position), position);
  else
    g_string_append(out, "data: {\"position\":null,");
  if (hint->all) {
    g_string_append(out, "\"all\":true}\n\n");
    return;
  }
  g_string_append(out, "\"hours\":[");
  for (size_t i = 0; i < hint->count; i++)
    g_string_append_printf(out, "%s%" PRId64, i > 0 ? "," : "", hint->hours[i]);
  g_string_append_printf(out, "],\"more\":%s}\n\n", hint->more ? "true" : "false");
}
