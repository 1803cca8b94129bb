/* entry: one document of the ledger: an order or a refund with everything the server adds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "domain/merchant.h"
#include "domain/order.h"
#include "domain/refund.h"
#include "domain/ulid.h"

#define ENTRY_ID_SIZE (MERCHANT_ID_MAX + 1 + ULID_TEXT_SIZE) /* "<merchant>/<ULID>" with NUL */
#define ENTRY_HASH_SIZE 32                                   /* SHA-256 */
#define REQUEST_ID_SIZE 65

enum entry_kind { ENTRY_ORDER, ENTRY_REFUND };

struct entry {
  enum entry_kind kind;
  char merchant[MERCHANT_ID_SIZE];
  struct ulid id;         /* its time is the business time */
  int64_t at_ms;          /* business time: placed_at or refunded_at */
  int64_t recorded_at_ms; /* when the server took it */
  bool late;              /* recorded_at - at >= ENTRY_LATE_MS */
  bool bulk;              /* written by a bulk insert: may share its cluster time with others */
  char currency[4];
  int exponent;
  struct entry_totals totals;
  char *idem;                         /* "<route>/<key>", unique per merchant; owned */
  uint8_t body_hash[ENTRY_HASH_SIZE]; /* of the validated body */
  char request_id[REQUEST_ID_SIZE];
  char *import_id;       /* of the import that wrote it, or NULL; owned */
  struct order order;    /* ENTRY_ORDER */
  struct refund refund;  /* ENTRY_REFUND */
  struct ulid refund_of; /* ENTRY_REFUND: the order */
  int64_t refund_number; /* ENTRY_REFUND: 1.. within the order */
};

void entry_init(struct entry *entry, enum entry_kind kind);
void entry_clear(struct entry *entry);

/* "<merchant>/<ULID>" both ways. Parsing is strict: false for anything else. */
const char *entry_id_format(const char *merchant, const struct ulid *id, char out[ENTRY_ID_SIZE]);
bool entry_id_parse(const char *text, size_t length, char merchant[MERCHANT_ID_SIZE], struct ulid *id);

/* Whether a text may stand in a log as a request's id (or an import's): 1 to 64 letters, digits, '-', '_'. */
bool entry_request_id_valid(const char *text, size_t length);

/* Public ids: "ord_<ULID>", "rfd_<ULID>". */
#define ENTRY_PUBLIC_ID_SIZE (4 + ULID_TEXT_SIZE)
const char *entry_public_id(enum entry_kind kind, const struct ulid *id, char out[ENTRY_PUBLIC_ID_SIZE]);
bool entry_public_id_parse(const char *text, size_t length, enum entry_kind kind, struct ulid *id);
