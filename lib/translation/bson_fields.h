/* bson_fields: structs to BSON documents and back through field tables: one line of a table is one field,
 * written and read by the same rule. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <bson/bson.h>

#include "base/err.h"

enum bson_field_kind {
  BSON_FIELD_TEXT,   /* char *, owned; NULL: absent */
  BSON_FIELD_CHARS,  /* char[size] with NUL; "": absent */
  BSON_FIELD_INT64,  /* int64_t */
  BSON_FIELD_INT32,  /* int */
  BSON_FIELD_DATE,   /* int64_t, milliseconds since the epoch */
  BSON_FIELD_BOOL,   /* bool */
  BSON_FIELD_BINARY, /* uint8_t[size] */
};

enum bson_field_presence {
  BSON_FIELD_REQUIRED, /* always there */
  BSON_FIELD_OPTIONAL, /* there unless it is zero, false, "" or NULL */
  BSON_FIELD_FLAGGED,  /* there when the bool at `flag` is true */
};

struct bson_field {
  const char *name;
  enum bson_field_kind kind;
  enum bson_field_presence presence;
  size_t offset;
  size_t size;
  size_t flag;
};

#define BSON_FIELD_(name, kind, presence, type, member, flag)                                                \
  {                                                                                                          \
    name, BSON_FIELD_##kind, BSON_FIELD_##presence, offsetof(type, member), sizeof(((type *)NULL)->member),  \
        flag                                                                                                 \
  }
/* BSON_FIELD("tax", INT64, OPTIONAL, struct order, tax) */
#define BSON_FIELD(name, kind, presence, type, member) BSON_FIELD_(name, kind, presence, type, member, 0)
#define BSON_FIELD_IF(name, kind, type, member, flag)                                                        \
  BSON_FIELD_(name, kind, FLAGGED, type, member, offsetof(type, flag))

/* Appends the fields of `object` to `out`. RESULT_INVALID: a text is not UTF-8, or the document would be too
 * large. */
MUST_CHECK enum result bson_fields_write(const struct bson_field *fields, size_t count, const void *object,
                                         bson_t *out, struct err *e);

/* Reads the fields of a document into `object`, which was zeroed; fields that the table does not name are
 * passed over. RESULT_CORRUPT names the field that is missing, of another type, too long or not UTF-8; texts
 * read until then are owned by the object all the same. */
MUST_CHECK enum result bson_fields_read(const struct bson_field *fields, size_t count, const bson_t *document,
                                        void *object, struct err *e);

/* Appends a text to an array, as its element `index`. */
void bson_fields_append_text(bson_t *array, uint32_t index, const char *text);

/* The text of a field, or NULL when it is absent, no text or not UTF-8. Borrowed from the document. */
const char *bson_fields_text(const bson_t *document, const char *name, size_t *length);

/* The sub-document or array of that name, without copying; false when there is none. `out` lives as long as
 * `document`. */
MUST_CHECK bool bson_fields_sub(const bson_t *document, const char *name, bson_type_t type, bson_t *out);
