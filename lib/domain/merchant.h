/* merchant: a shop: its id, zone and currencies. Every figure belongs to exactly one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MERCHANT_ID_MAX 32
#define MERCHANT_ID_SIZE (MERCHANT_ID_MAX + 1)
#define MERCHANT_CURRENCIES_MAX 16
#define MERCHANT_ZONE_SIZE 65
#define MERCHANT_NAME_SIZE 201

struct merchant {
  char id[MERCHANT_ID_SIZE];
  char name[MERCHANT_NAME_SIZE];
  char zone[MERCHANT_ZONE_SIZE]; /* as stored; may be unknown to this machine's tzdata */
  char currencies[MERCHANT_CURRENCIES_MAX][4];
  size_t currency_count;
  int64_t recut; /* how often a re-cut was asked for; a card remembers for which one it was cut */
};

/* `[a-z0-9][a-z0-9-]{1,31}` */
bool merchant_id_valid(const char *text, size_t length);

/* Whether the merchant sells in that currency. */
bool merchant_has_currency(const struct merchant *merchant, const char *currency);
