#include "cli/import/writer.h"

#include <glib.h>

/* A batch that failed may be stored in part; since its references make it idempotent, it is just sent again.
 */
#define WRITER_TRIES 6
#define WRITER_FIRST_WAIT_MS 250

struct writer {
  struct ledger *ledger;
  struct clock *clock;
  struct bad *bad;
  struct tally *tally;
  struct entry entries[LEDGER_BULK_MAX];
  size_t lines[LEDGER_BULK_MAX];
  size_t count;
};

struct writer *writer_new(struct ledger *ledger, struct clock *clock, struct bad *bad, struct tally *tally)
{
  struct writer *writer = g_new0(struct writer, 1);
  writer->ledger = ledger;
  writer->clock = clock;
  writer->bad = bad;
  writer->tally = tally;
  return writer;
}

static void forget_batch(struct writer *writer)
{
  for (size_t i = 0; i < writer->count; i++)
    entry_clear(&writer->entries[i]);
  writer->count = 0;
}

void writer_free(struct writer *writer)
{
  if (writer == NULL)
    return;
  forget_batch(writer);
  g_free(writer);
}

static enum result put(struct writer *writer, struct ledger_bulk_result *result, struct err *e)
{
  enum result r = RESULT_UNAVAILABLE;
  cluster_time position = 0;
  int64_t wait_ms = WRITER_FIRST_WAIT_MS;
  for (int i = 0; i < WRITER_TRIES && r == RESULT_UNAVAILABLE; i++, wait_ms *= 2) {
    if (i > 0)
      writer->clock->sleep_ms(writer->clock, wait_ms / 2);
    err_clear(e);
    r = ledger_put_bulk(writer->ledger, writer->entries, writer->count, result, &position, e);
  }
  writer->tally->position = MAX(writer->tally->position, position);
  return r;
}

static void report_clashes(struct writer *writer, const struct ledger_bulk_result *result)
{
  for (size_t i = 0; i < writer->count; i++)
    if (result->clash[i])
      bad_add_fault(writer->bad, writer->lines[i], "reference", "idempotency_key_reused",
                    "an order with this reference and another content is stored already");
}

enum result writer_flush(struct writer *writer, struct err *e)
{
  if (writer->count == 0)
    return RESULT_OK;
  struct ledger_bulk_result result = {.stored = writer->count};
  if (writer->ledger != NULL) {
    enum result r = put(writer, &result, e);
    if (r != RESULT_OK)
      return r;
    report_clashes(writer, &result);
    g_free(result.clash);
  }
  writer->tally->stored += result.stored;
  writer->tally->skipped += result.skipped;
  writer->tally->bad += result.clashed;
  forget_batch(writer);
  return RESULT_OK;
}

enum result writer_take(struct writer *writer, struct entry *entry, size_t line, struct err *e)
{
  writer->lines[writer->count] = line;
  writer->entries[writer->count++] = *entry;
  entry_init(entry, ENTRY_ORDER);
  return writer->count == LEDGER_BULK_MAX ? writer_flush(writer, e) : RESULT_OK;
}
