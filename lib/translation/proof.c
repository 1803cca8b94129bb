#include "translation/proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/text_fields.h"

/* "v1 <at ms> <as of> <from> <to> <differing> <verified through> <drift>" */
enum {
  PROOF_VERSION,
  PROOF_AT,
  PROOF_AS_OF,
  PROOF_FROM,
  PROOF_TO,
  PROOF_DIFFERING,
  PROOF_THROUGH,
  PROOF_DRIFT,
  PROOF_FIELDS
};

char *proof_encode(const struct proof *proof)
{
  return g_strdup_printf("v1 %" PRId64 " %" PRI_CLUSTER_TIME " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
                         " %" PRId64,
                         proof->at_ms, proof->as_of, proof->from, proof->to, proof->differing,
                         proof->verified_through, proof->drift);
}

static bool read_fields(char *text, struct proof *out)
{
  char *fields[PROOF_FIELDS];
  return text_fields_split(text, fields, PROOF_FIELDS) && strcmp(fields[PROOF_VERSION], "v1") == 0 &&
         text_fields_milliseconds(fields[PROOF_AT], &out->at_ms) &&
         text_fields_hex64(fields[PROOF_AS_OF], &out->as_of) &&
         text_fields_seconds(fields[PROOF_FROM], &out->from) &&
         text_fields_seconds(fields[PROOF_TO], &out->to) &&
         text_fields_int64(fields[PROOF_DIFFERING], &out->differing) &&
         text_fields_seconds(fields[PROOF_THROUGH], &out->verified_through) &&
         text_fields_int64(fields[PROOF_DRIFT], &out->drift);
}

enum result proof_decode(GBytes *bytes, struct proof *out, struct err *e)
{
  *out = (struct proof){.any = false};
  if (bytes == NULL)
    return RESULT_OK;
  g_autofree char *text = text_fields_of_bytes(bytes);
  if (text == NULL || !read_fields(text, out))
    return err_set(e, RESULT_CORRUPT, "proof: not in its form");
  out->any = true;
  return RESULT_OK;
}
