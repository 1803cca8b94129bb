#include "tests/worker/world.h"

#include <string.h>

#include "domain/metric.h"
#include "domain/zone_cache.h"
#include "stores/keys.h"

#define EPOCH "00000000000000e1"

struct world world;
const char world_prefix[CARD_PREFIX_SIZE] = "00000000000000a1";

static void free_entry(gpointer item)
{
  entry_clear(item);
  g_free(item);
}

static void clear_key(gpointer item)
{
  g_free(((struct world_key *)item)->secret);
}

static void clear_user(gpointer item)
{
  struct world_user *user = item;
  g_array_unref(user->user.memberships);
  g_free(user->password);
}

static GArray *list_of(size_t size, GDestroyNotify clear)
{
  GArray *list = g_array_new(FALSE, FALSE, (guint)size);
  if (clear != NULL)
    g_array_set_clear_func(list, clear);
  return list;
}

void world_init(void)
{
  static char origin[] = "http://127.0.0.1:8080", nowhere[] = "/nonexistent";
  world = (struct world){
      .conf = {.worker_public_origin = origin,
               .worker_threads = 4,
               .metrics_directory = nowhere,
               .limits_logins_per_minute = 5,
               .limits_recuts_per_minute = 1,
               .limits_after_wait_ms = 200,
               .limits_session_idle_s = 1800,
               .limits_session_max_s = 43200},
      .ledger = {.entries = g_ptr_array_new_with_free_func(free_entry)},
      .strings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref),
      .merchants = list_of(sizeof(struct merchant), NULL),
      .keys = list_of(sizeof(struct world_key), clear_key),
      .users = list_of(sizeof(struct world_user), clear_user),
      .sessions = list_of(sizeof(struct world_session), NULL),
      .attempts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .audit = list_of(sizeof(struct world_audit), NULL),
  };
  pthread_mutex_init(&world.lock, NULL);
  clock_fixed_init(&world.clock, WORLD_NOW_MS);
  world.service = (struct service){
      .conf = &world.conf, .clock = &world.clock.clock, .mongo = &world.mongo, .ledger = &world.ledger};
  waiting_init(&world.service.waiting, (size_t)world.conf.worker_threads);
  waiting_init(&world.service.searching, (size_t)world.conf.worker_threads / 2);
}

void world_clear(void)
{
  waiting_clear(&world.service.searching);
  waiting_clear(&world.service.waiting);
  g_array_unref(world.audit);
  g_hash_table_unref(world.attempts);
  g_array_unref(world.sessions);
  g_array_unref(world.users);
  g_array_unref(world.keys);
  g_array_unref(world.merchants);
  g_hash_table_unref(world.strings);
  g_ptr_array_unref(world.ledger.entries);
  pthread_mutex_destroy(&world.lock);
}

void world_set_string(const char *name, GBytes *value)
{
  pthread_mutex_lock(&world.lock);
  if (value != NULL)
    g_hash_table_replace(world.strings, g_strdup(name), value);
  else
    g_hash_table_remove(world.strings, name);
  pthread_mutex_unlock(&world.lock);
}

static GBytes *take_text(char *text)
{
  return g_bytes_new_take(text, strlen(text));
}

void world_set_checkpoint(cluster_time ck, int64_t wall_ms)
{
  struct head head;
  head_init(&head);
  g_strlcpy(head.epoch, EPOCH, sizeof head.epoch);
  head.has_ck = true;
  head.ck = ck;
  head.ck_wall_ms = wall_ms;
  head.token = g_strdup("dG9rZW4=");
  g_strlcpy(head.pipeline, "0000000000000001", sizeof head.pipeline);
  world_set_string(KEY_HEAD, take_text(head_encode(&head)));
  head_clear(&head);
}

static void set_card(const struct merchant *merchant, const char *zone_rules)
{
  const struct zone *zone;
  struct err e = ERR_NONE;
  struct card card = {.base = cluster_time_make(1, 1), .cut = true};
  g_strlcpy(card.epoch, EPOCH, sizeof card.epoch);
  g_strlcpy(card.prefix, world_prefix, sizeof card.prefix);
  g_strlcpy(card.zone, merchant->zone, sizeof card.zone);
  if (zone_cache_get(merchant->zone, &zone, &e) != RESULT_OK)
    g_error("%s", e.text);
  g_strlcpy(card.zone_rules, zone_rules != NULL ? zone_rules : zone_rules_hash(zone), sizeof card.zone_rules);
  g_strlcpy(card.metric_table, metric_table_hash(), sizeof card.metric_table);
  row_layout_format(card.columns);
  memcpy(card.currencies, merchant->currencies, sizeof card.currencies);
  card.currency_count = merchant->currency_count;
  g_autofree char *name = key_card(merchant->id);
  world_set_string(name, take_text(card_encode(&card)));
}

void world_add_merchant(const char *id, const char *zone)
{
  struct merchant merchant = {.currencies = {"EUR", "JPY"}, .currency_count = 2};
  g_strlcpy(merchant.id, id, sizeof merchant.id);
  g_snprintf(merchant.name, sizeof merchant.name, "Shop %s", id);
  g_strlcpy(merchant.zone, zone, sizeof merchant.zone);
  g_array_append_val(world.merchants, merchant);
  set_card(&merchant, NULL);
}

static struct merchant *find_merchant(const char *id)
{
  for (guint i = 0; i < world.merchants->len; i++) {
    struct merchant *merchant = &g_array_index(world.merchants, struct merchant, i);
    if (strcmp(merchant->id, id) == 0)
      return merchant;
  }
  g_error("no merchant %s", id);
}

void world_set_zone(const char *id, const char *zone)
{
  struct merchant *merchant = find_merchant(id);
  g_strlcpy(merchant->zone, zone, sizeof merchant->zone);
  set_card(merchant, NULL);
}

void world_set_zone_rules(const char *id, const char *rules)
{
  set_card(find_merchant(id), rules);
}

void world_add_key(const char *secret, const char *merchant, unsigned scopes)
{
  struct world_key key = {.secret = g_strdup(secret), .key = {.id = "key_1", .scopes = scopes}};
  g_strlcpy(key.key.merchant, merchant, sizeof key.key.merchant);
  g_array_append_val(world.keys, key);
}

void world_add_user(const char *email, const char *password, const char *merchant, const char *role)
{
  struct world_user user = {.password = g_strdup(password)};
  struct membership membership = {.merchant = ""};
  g_snprintf(user.user.id, sizeof user.user.id, "usr_%s", email);
  g_strlcpy(user.user.email, email, sizeof user.user.email);
  user.user.memberships = g_array_new(FALSE, FALSE, sizeof membership);
  g_strlcpy(membership.merchant, merchant, sizeof membership.merchant);
  g_strlcpy(membership.role, role, sizeof membership.role);
  g_array_append_val(user.user.memberships, membership);
  g_array_append_val(world.users, user);
}
