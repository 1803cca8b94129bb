#include "fcgi/trace_cursor.h"

#include <string.h>

#include <glib.h>
#include <sodium.h>

#define MAC_SIZE 32
#define FLAG_BY_DATE 1
#define FLAG_COMPLETE 2
#define FLAG_KNOWN 4
#define FLAG_CUT 8

/* The numbers, in this order, each as 8 bytes, the highest first; then currency and last id. */
enum { AT, AS_OF, FLAGS, PRESET, FIRST, END, FROM, TO, FIGURE, SUM, NUMBERS };
#define CURRENCY_AT (8 * (size_t)NUMBERS)
#define LAST_AT (CURRENCY_AT + sizeof(((struct trace_cursor *)NULL)->currency))
#define CONTENT_SIZE (LAST_AT + sizeof(struct ulid))
_Static_assert(MAC_SIZE + CONTENT_SIZE == TRACE_CURSOR_SIZE, "the header says how large a cursor is");

static void seal_content(const uint8_t *content, const struct trace_seal *seal, uint8_t mac[MAC_SIZE])
{
  crypto_generichash_state state;
  crypto_generichash_init(&state, seal->key, CURSOR_KEY_SIZE, MAC_SIZE);
  crypto_generichash_update(&state, seal->hash, CURSOR_HASH_SIZE);
  crypto_generichash_update(&state, (const uint8_t *)seal->zone_rules, strlen(seal->zone_rules) + 1);
  crypto_generichash_update(&state, content, CONTENT_SIZE);
  crypto_generichash_final(&state, mac, MAC_SIZE);
}

void trace_cursor_seal(const struct trace_cursor *cursor, const struct trace_seal *seal,
                       uint8_t out[TRACE_CURSOR_SIZE])
{
  uint8_t *content = out + MAC_SIZE;
  const int64_t numbers[NUMBERS] = {
      [AT] = (int64_t)cursor->at,
      [AS_OF] = cursor->as_of_ms,
      [FLAGS] = (cursor->range.by_date ? FLAG_BY_DATE : 0) | (cursor->complete ? FLAG_COMPLETE : 0) |
                (cursor->known ? FLAG_KNOWN : 0) | (cursor->range.cut ? FLAG_CUT : 0),
      [PRESET] = cursor->range.preset,
      [FIRST] = cursor->range.first_date,
      [END] = cursor->range.end_date,
      [FROM] = cursor->range.from,
      [TO] = cursor->range.to,
      [FIGURE] = cursor->figure,
      [SUM] = cursor->sum,
  };
  for (size_t i = 0; i < NUMBERS; i++) {
    int64_t ordered = GINT64_TO_BE(numbers[i]);
    memcpy(content + 8 * i, &ordered, sizeof ordered);
  }
  memcpy(content + CURRENCY_AT, cursor->currency, sizeof cursor->currency);
  memcpy(content + LAST_AT, &cursor->last, sizeof cursor->last);
  seal_content(content, seal, out);
}

bool trace_cursor_open(const uint8_t bytes[TRACE_CURSOR_SIZE], const struct trace_seal *seal,
                       struct trace_cursor *out)
{
  const uint8_t *content = bytes + MAC_SIZE;
  uint8_t mac[MAC_SIZE];
  int64_t numbers[NUMBERS];
  seal_content(content, seal, mac);
  if (sodium_memcmp(mac, bytes, MAC_SIZE) != 0)
    return false;
  for (size_t i = 0; i < NUMBERS; i++) {
    memcpy(&numbers[i], content + 8 * i, sizeof numbers[i]);
    numbers[i] = GINT64_FROM_BE(numbers[i]);
  }
  *out = (struct trace_cursor){
      .at = (cluster_time)numbers[AT],
      .as_of_ms = numbers[AS_OF],
      .range = {.preset = (enum range_preset)numbers[PRESET],
                .by_date = (numbers[FLAGS] & FLAG_BY_DATE) != 0,
                .cut = (numbers[FLAGS] & FLAG_CUT) != 0,
                .first_date = (civil_day)numbers[FIRST],
                .end_date = (civil_day)numbers[END],
                .from = numbers[FROM],
                .to = numbers[TO]},
      .complete = (numbers[FLAGS] & FLAG_COMPLETE) != 0,
      .known = (numbers[FLAGS] & FLAG_KNOWN) != 0,
      .figure = numbers[FIGURE],
      .sum = numbers[SUM],
  };
  memcpy(out->currency, content + CURRENCY_AT, sizeof out->currency);
  memcpy(&out->last, content + LAST_AT, sizeof out->last);
  return true;
}
