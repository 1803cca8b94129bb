#include "stores/view.h"

#include "stores/view_reading.h"

MUST_CHECK static enum result fill(struct view_stamp *out, const struct reading *reading, struct err *e)
{
  struct stand stand;
  enum result r = reading_stand(reading, &stand, e);
  if (r == RESULT_OK)
    r = proof_decode(reading->values[READ_PROOF], &out->proof, e);
  if (r == RESULT_OK)
    r = parked_list_decode(reading->values[READ_PARKED], &out->parked, e);
  if (r != RESULT_OK)
    return r;
  out->card = reading->card;
  out->as_of = stand.as_of;
  out->as_of_ms = stand.as_of_ms;
  out->rebuilding = stand.rebuilding;
  out->rebuild_mark = stand.mark;
  return RESULT_OK;
}

enum result view_read_stamp(struct kv *kv, const char *merchant, struct view_stamp *out, struct err *e)
{
  *out = (struct view_stamp){.as_of = 0};
  parked_list_init(&out->parked);
  struct reading reading = {.keys = NULL};
  enum result r = reading_get(&reading, kv, merchant, NULL, NULL, NULL, e);
  if (r == RESULT_OK)
    r = fill(out, &reading, e);
  reading_clear(&reading);
  if (r != RESULT_OK)
    view_stamp_clear(out);
  return r;
}

void view_stamp_clear(struct view_stamp *stamp)
{
  parked_list_clear(&stamp->parked);
}
