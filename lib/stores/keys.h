/* keys: the names of everything in Redis (docs/data.md, "Keys"). The merchant is the hash tag, so that one
 * merchant lives on one server. All functions return new strings: g_free. */
#pragma once

#include <stdint.h>

#include "domain/instant.h"

#define KEY_HEAD "tk:head"
#define KEY_CURSOR_KEY "tk:cursor_key"
#define KEY_SIZE 160

char *key_card(const char *merchant);
char *key_proof(const char *merchant);
char *key_parked(const char *merchant, const char *prefix);
char *key_minutes(const char *merchant, const char *prefix, const char *currency, int64_t hour_start);
char *key_hours(const char *merchant, const char *prefix, const char *currency, civil_day date);
char *key_days(const char *merchant, const char *prefix, const char *currency, int year);
char *key_merchant_prefix(const char *merchant);                 /* what all keys of a merchant begin with */
char *key_rows_prefix(const char *merchant, const char *prefix); /* what all row keys of a card begin with */
char *key_unnamed(const char *merchant); /* prefixes that no card names, and since when */
char *key_channel(const char *merchant); /* where changes are published */
