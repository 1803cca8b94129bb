#include "tests/sim/check.h"

#include <inttypes.h>
#include <string.h>

#include "batch/recut.h"
#include "domain/bucket.h"
#include "domain/zone_cache.h"
#include "stores/keys.h"
#include "translation/card.h"
#include "translation/head.h"
#include "translation/parked.h"
#include "translation/row_codec.h"

static char fault[512];

#define FAULT(...) (g_snprintf(fault, sizeof fault, __VA_ARGS__), (const char *)fault)

/* One merchant as it is served. */
struct served {
  const struct memory_server *server;
  const struct memory_ledger *ledger;
  const char *merchant;
  struct card card;
  const struct zone *zone;
  cluster_time as_of;
  struct parked_list parked;
  GHashTable *expected; /* key to GByteArray: what each dense string must be */
};

static GBytes *string_at(const struct memory_server *server, const char *key)
{
  return g_hash_table_lookup(server->strings, key);
}

/* ---- what the ledger says ---- */

static void add_to_slot(struct served *served, char *key, size_t slot, int64_t start,
                        const struct memory_entry *entry)
{
  GByteArray *bytes = g_hash_table_lookup(served->expected, key);
  if (bytes == NULL) {
    bytes = g_byte_array_new();
    g_hash_table_insert(served->expected, g_strdup(key), bytes);
  }
  g_free(key);
  guint needed = (guint)((slot + 1) * ROW_CODEC_SIZE), had = bytes->len;
  if (had < needed) {
    g_byte_array_set_size(bytes, needed);
    memset(bytes->data + had, 0, needed - had);
  }
  int64_t *columns = (int64_t *)(void *)(bytes->data + slot * ROW_CODEC_SIZE);
  columns[0] = GINT64_TO_LE(start);
  for (int m = 0; m < METRIC_ADDITIVE; m++)
    columns[1 + m] = GINT64_TO_LE(GINT64_FROM_LE(columns[1 + m]) + entry->columns[m]);
}

static void expect_entry(struct served *served, const struct memory_entry *entry)
{
  const char *m = served->merchant, *prefix = served->card.prefix, *currency = entry->currency;
  struct bucket_hour hour;
  struct bucket_day day;
  bucket_hour_at(served->zone, entry->business_s, &hour);
  bucket_day_of(served->zone, hour.date, &day);
  int year, month, day_of_month;
  civil_to_ymd(hour.date, &year, &month, &day_of_month);
  int64_t minute = bucket_minute_at(entry->business_s);
  add_to_slot(served, key_minutes(m, prefix, currency, hour.start), (size_t)bucket_minute_slot(&hour, minute),
              minute, entry);
  add_to_slot(served, key_hours(m, prefix, currency, hour.date), (size_t)hour.ordinal, hour.start, entry);
  add_to_slot(served, key_days(m, prefix, currency, year), (size_t)civil_day_of_year(hour.date) - 1,
              day.start, entry);
}

static const char *expect_all(struct served *served)
{
  for (guint i = 0; i < served->ledger->entries->len; i++) {
    const struct memory_entry *entry = &g_array_index(served->ledger->entries, struct memory_entry, i);
    if (entry->at > served->as_of || strcmp(entry->merchant, served->merchant) != 0)
      continue;
    struct bucket_hour hour;
    bucket_hour_at(served->zone, entry->business_s, &hour);
    enum memory_poison poison = memory_entry_poison(entry, served->as_of);
    if (poison == POISON_NONE)
      expect_entry(served, entry);
    else if (!parked_list_has(&served->parked, hour.start,
                              poison == POISON_RANGE ? PARKED_ANY_CURRENCY : entry->currency))
      return FAULT("%s: the poison entry in hour %" PRId64 " is not parked", served->merchant, hour.start);
  }
  return NULL;
}

static const char *check_parked(const struct served *served)
{
  for (guint i = 0; i < served->parked.items->len; i++) {
    const struct parked *item = &g_array_index(served->parked.items, struct parked, i);
    bool poison = false;
    for (guint k = 0; k < served->ledger->entries->len; k++) {
      const struct memory_entry *entry = &g_array_index(served->ledger->entries, struct memory_entry, k);
      poison = poison || (entry->poison != POISON_NONE && entry->at <= served->as_of &&
                          strcmp(entry->merchant, served->merchant) == 0 &&
                          entry->business_s >= item->start && entry->business_s < item->end);
    }
    if (!poison)
      return FAULT("%s: hour %" PRId64 " is parked without a cause", served->merchant, item->start);
  }
  return NULL;
}

/* ---- what is served ---- */

/* Whether a slot of that string is not shown: a parked hour, its minutes, its day; minutes of a closed hour.
 */
static bool slot_hidden(const struct served *served, const char *kind, const char *currency, int64_t start)
{
  struct bucket_hour hour;
  bucket_hour_at(served->zone, start, &hour);
  if (kind[0] == 'm' && bucket_hour_closed(&hour, (int64_t)cluster_time_seconds(served->as_of)))
    return true;
  if (kind[0] != 'd')
    return parked_list_has(&served->parked, hour.start, currency);
  struct bucket_day day;
  bucket_day_of(served->zone, hour.date, &day);
  for (int h = 0; h < day.count; h++)
    if (parked_list_has(&served->parked, day.hours[h].start, currency))
      return true;
  return false;
}

static const char *compare_slot(const struct served *served, const char *key, const char *rest,
                                const uint8_t *stored, const uint8_t *expected, size_t slot)
{
  if (memcmp(stored, expected, ROW_CODEC_SIZE) == 0)
    return NULL;
  int64_t start_stored, start_expected;
  memcpy(&start_stored, stored, 8);
  memcpy(&start_expected, expected, 8);
  int64_t start =
      GINT64_FROM_LE(start_expected) != 0 ? GINT64_FROM_LE(start_expected) : GINT64_FROM_LE(start_stored);
  char currency[4] = {rest[2], rest[3], rest[4], '\0'};
  if (slot_hidden(served, rest, currency, start))
    return NULL;
  int64_t orders_stored, orders_expected;
  memcpy(&orders_stored, stored + 8, 8);
  memcpy(&orders_expected, expected + 8, 8);
  return FAULT(
      "%s slot %zu (start %" PRId64 ") at %" PRI_CLUSTER_TIME ": orders %" PRId64 ", the ledger has %" PRId64,
      key, slot, start, served->as_of, GINT64_FROM_LE(orders_stored), GINT64_FROM_LE(orders_expected));
}

static const char *compare_string(const struct served *served, const char *key, size_t prefix_length)
{
  static const uint8_t zero[ROW_CODEC_SIZE];
  GBytes *bytes = string_at(served->server, key);
  const GByteArray *wanted = g_hash_table_lookup(served->expected, key);
  gsize stored_length = 0;
  const uint8_t *stored = bytes != NULL ? g_bytes_get_data(bytes, &stored_length) : NULL;
  gsize wanted_length = wanted != NULL ? wanted->len : 0;
  for (size_t slot = 0; slot * ROW_CODEC_SIZE < MAX(stored_length, wanted_length); slot++) {
    size_t at = slot * ROW_CODEC_SIZE;
    const char *wrong =
        compare_slot(served, key, key + prefix_length, at < stored_length ? stored + at : zero,
                     at < wanted_length ? wanted->data + at : zero, slot);
    if (wrong != NULL)
      return wrong;
  }
  return NULL;
}

static const char *compare_all(const struct served *served)
{
  g_autofree char *prefix = key_rows_prefix(served->merchant, served->card.prefix);
  size_t length = strlen(prefix);
  GHashTable *tables[] = {served->expected, served->server->strings};
  for (int t = 0; t < 2; t++) {
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, tables[t]);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
      const char *rest = (const char *)key + length;
      if (!g_str_has_prefix(key, prefix) || (rest[1] != ':'))
        continue; /* another card's, or the parked list */
      const char *wrong = compare_string(served, key, length);
      if (wrong != NULL)
        return wrong;
    }
  }
  return NULL;
}

/* ---- a merchant ---- */

static bool read_served(struct served *served, const struct head *head)
{
  g_autofree char *card_key = key_card(served->merchant);
  GBytes *bytes = string_at(served->server, card_key);
  if (bytes == NULL || card_decode(bytes, &served->card, NULL) != RESULT_OK ||
      strcmp(served->card.epoch, head->epoch) != 0 || !served->card.cut)
    return false; /* unknown: nothing is served */
  served->as_of = head->has_ck ? MAX(head->ck, served->card.base) : served->card.base;
  g_autofree char *parked_key = key_parked(served->merchant, served->card.prefix);
  return zone_cache_get(served->card.zone, &served->zone, NULL) == RESULT_OK &&
         parked_list_decode(string_at(served->server, parked_key), &served->parked, NULL) == RESULT_OK;
}

static const char *check_merchant(const struct memory_server *server, const struct memory_ledger *ledger,
                                  const struct head *head, const char *merchant)
{
  struct served served = {.server = server, .ledger = ledger, .merchant = merchant};
  const char *wrong = NULL;
  parked_list_init(&served.parked);
  served.expected =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_byte_array_unref);
  if (read_served(&served, head)) {
    wrong = expect_all(&served);
    if (wrong == NULL)
      wrong = check_parked(&served);
    if (wrong == NULL)
      wrong = compare_all(&served);
  }
  g_hash_table_unref(served.expected);
  parked_list_clear(&served.parked);
  return wrong;
}

/* Those that were not deleted: what becomes of the others' figures nobody promises. */
static GHashTable *merchants_of(const struct memory_ledger *ledger)
{
  GHashTable *merchants = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < ledger->documents->len; i++) {
    char *id = g_array_index(ledger->documents, struct memory_document, i).merchant.id;
    if (memory_ledger_document(ledger, id, ledger->last)->state != DOCUMENT_GONE)
      g_hash_table_add(merchants, id);
  }
  return merchants;
}

const char *check_invariant(const struct memory_server *server, const struct memory_ledger *ledger)
{
  struct head head;
  head_init(&head);
  GBytes *bytes = string_at(server, KEY_HEAD);
  const char *wrong = NULL;
  if (bytes != NULL && head_decode(bytes, &head, NULL) != RESULT_OK)
    bytes = NULL; /* nobody is served anything */
  g_autoptr(GHashTable) merchants = merchants_of(ledger);
  GHashTableIter iter;
  gpointer merchant;
  g_hash_table_iter_init(&iter, merchants);
  while (bytes != NULL && wrong == NULL && g_hash_table_iter_next(&iter, &merchant, NULL))
    wrong = check_merchant(server, ledger, &head, merchant);
  head_clear(&head);
  return wrong;
}

cluster_time check_as_of(const struct memory_server *server, const char *merchant)
{
  struct head head;
  struct card card;
  g_autofree char *key = key_card(merchant);
  GBytes *head_bytes = string_at(server, KEY_HEAD), *card_bytes = string_at(server, key);
  cluster_time as_of = 0;
  head_init(&head);
  if (head_bytes != NULL && card_bytes != NULL && head_decode(head_bytes, &head, NULL) == RESULT_OK &&
      card_decode(card_bytes, &card, NULL) == RESULT_OK && strcmp(card.epoch, head.epoch) == 0)
    as_of = head.has_ck ? MAX(head.ck, card.base) : card.base;
  head_clear(&head);
  return as_of;
}

/* ---- settled ---- */

static const char *check_card(const struct memory_server *server, const struct memory_ledger *ledger,
                              const struct head *head, const char *merchant)
{
  struct card card;
  g_autofree char *key = key_card(merchant);
  GBytes *bytes = string_at(server, key);
  const struct memory_document *document = memory_ledger_document(ledger, merchant, ledger->last);
  if (bytes == NULL || card_decode(bytes, &card, NULL) != RESULT_OK || strcmp(card.epoch, head->epoch) != 0)
    return FAULT("%s has no card of the live epoch", merchant);
  if (document->state == DOCUMENT_UNREADABLE)
    return card.cut ? FAULT("%s: a card was cut from what cannot be read", merchant) : NULL;
  if (!card.cut && recut_zone_rules(document->merchant.zone)[0] == '-')
    return NULL;
  if (!card_matches(&card, &document->merchant, recut_zone_rules(document->merchant.zone)))
    return FAULT("%s: the card is not what the document asks for", merchant);
  return NULL;
}

const char *check_settled(const struct memory_server *server, const struct memory_ledger *ledger,
                          cluster_time through)
{
  struct head head;
  head_init(&head);
  GBytes *bytes = string_at(server, KEY_HEAD);
  const char *wrong = NULL;
  if (bytes == NULL || head_decode(bytes, &head, NULL) != RESULT_OK)
    wrong = FAULT("there is no head");
  else if (head.has_mark || !head.has_ck || head.ck < through)
    wrong = FAULT("mark %d, ck %" PRI_CLUSTER_TIME ", not through %" PRI_CLUSTER_TIME, head.has_mark, head.ck,
                  through);
  g_autoptr(GHashTable) merchants = merchants_of(ledger);
  GHashTableIter iter;
  gpointer merchant;
  g_hash_table_iter_init(&iter, merchants);
  while (wrong == NULL && g_hash_table_iter_next(&iter, &merchant, NULL))
    wrong = check_card(server, ledger, &head, merchant);
  head_clear(&head);
  return wrong;
}
