/* keys: the names of everything in Redis (docs/data.md, "Keys"). The merchant is the hash tag, so that one
 * merchant lives on one server. All functions return new strings: g_free. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/instant.h"
#include "domain/merchant.h"

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

/* Channels: of every merchant's changes (a pattern of PSUBSCRIBE), and of what ended (translation/ended.h).
 */
#define KEY_CHANNELS "tk:{*}:changed"
#define KEY_ENDED_CHANNEL "tk:ended"
/* The merchant in a channel's name; false when it is no such channel. */
bool key_channel_merchant(const char *channel, size_t length, char out[MERCHANT_ID_SIZE]);
