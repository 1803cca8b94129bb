/* merchant: a shop: its id, zone, currencies and locale. Every figure belongs to exactly one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MERCHANT_ID_MAX 32
#define MERCHANT_ID_SIZE (MERCHANT_ID_MAX + 1)
#define MERCHANT_CURRENCIES_MAX 16
#define MERCHANT_ZONE_SIZE 65
#define MERCHANT_NAME_SIZE 201
#define MERCHANT_LOCALE_MAX 35 /* what RFC 5646 asks everybody to have room for */
#define MERCHANT_LOCALE_SIZE (MERCHANT_LOCALE_MAX + 1)

struct merchant {
  char id[MERCHANT_ID_SIZE];
  char name[MERCHANT_NAME_SIZE];
  char zone[MERCHANT_ZONE_SIZE]; /* as stored; may be unknown to this machine's tzdata */
  char currencies[MERCHANT_CURRENCIES_MAX][4];
  size_t currency_count;
  char locale[MERCHANT_LOCALE_SIZE]; /* how pages write its figures and dates; "": as each reader's own */
  int64_t recut; /* how often a re-cut was asked for; a card remembers for which one it was cut */
};

/* `[a-z0-9][a-z0-9-]{1,31}` */
bool merchant_id_valid(const char *text, size_t length);

/* Whether the text is shaped as a language tag of BCP 47 by which numbers and dates can be written, and has
 * at most MERCHANT_LOCALE_MAX bytes: language, script, region, variants (none twice), and the keywords of
 * Unicode's extension: "de-CH", "zh-Hant-TW", "ar-KW-u-nu-latn". No other extensions, private or
 * grandfathered tags. Whether anybody writes so is not asked. */
bool merchant_locale_valid(const char *text);

/* Whether the merchant sells in that currency. */
bool merchant_has_currency(const struct merchant *merchant, const char *currency);
