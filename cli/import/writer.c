#include "cli/import/writer.h"

#include <glib.h>

/* A file may be sorted by customer or by reference. Each order of a closed hour makes the batch program fold
 * the whole hour, so orders are gathered, up to either bound, and sent sorted by time: then a batch touches
 * few hours, and each hour comes once in a window. */
#define WINDOW_ORDERS 50000
#define WINDOW_LINES 200000

/* A batch that failed may be stored in part; since its references make it idempotent, it is just sent again.
 */
#define WRITER_TRIES 6
#define WRITER_FIRST_WAIT_MS 250

struct pending {
  struct entry entry;
  size_t line; /* of the file */
};

struct writer {
  struct ledger *ledger;
  struct clock *clock;
  struct bad *bad;
  struct tally *tally;
  struct progress *progress;
  GArray *window; /* of struct pending */
  size_t window_lines;
  struct entry batch[LEDGER_BULK_MAX]; /* borrowed from the window while it is sent */
};

static void clear_pending(void *item)
{
  entry_clear(&((struct pending *)item)->entry);
}

struct writer *writer_new(struct ledger *ledger, struct clock *clock, struct bad *bad, struct tally *tally,
                          struct progress *progress)
{
  struct writer *writer = g_new0(struct writer, 1);
  writer->ledger = ledger;
  writer->clock = clock;
  writer->bad = bad;
  writer->tally = tally;
  writer->progress = progress;
  writer->window = g_array_new(FALSE, FALSE, sizeof(struct pending));
  g_array_set_clear_func(writer->window, clear_pending);
  return writer;
}

void writer_free(struct writer *writer)
{
  if (writer == NULL)
    return;
  g_array_free(writer->window, TRUE);
  g_free(writer);
}

MUST_CHECK static enum result put(struct writer *writer, size_t count, struct ledger_bulk_result *result,
                                  struct err *e)
{
  enum result r = RESULT_UNAVAILABLE;
  struct err last = ERR_NONE; /* of its own: `e` may tell already why the reading ended */
  cluster_time position = 0;
  int64_t wait_ms = WRITER_FIRST_WAIT_MS;
  for (int i = 0; i < WRITER_TRIES && r == RESULT_UNAVAILABLE; i++, wait_ms *= 2) {
    if (i > 0)
      writer->clock->sleep_ms(writer->clock, wait_ms / 2);
    err_clear(&last);
    r = ledger_put_bulk(writer->ledger, writer->batch, count, result, &position, &last);
  }
  writer->tally->position = MAX(writer->tally->position, position);
  return r == RESULT_OK ? r : err_set(e, r, "%s", last.text);
}

/* Sends `count` entries of the window from `first` on. */
MUST_CHECK static enum result send_batch(struct writer *writer, size_t first, size_t count, struct err *e)
{
  const struct pending *pending = &g_array_index(writer->window, struct pending, first);
  struct ledger_bulk_result result = {.stored = count};
  for (size_t i = 0; i < count; i++)
    writer->batch[i] = pending[i].entry;
  if (writer->ledger != NULL) {
    enum result r = put(writer, count, &result, e);
    if (r != RESULT_OK)
      return r;
  }
  for (size_t i = 0; i < count && result.clashed > 0; i++)
    if (result.clash[i])
      bad_add_fault(writer->bad, pending[i].line, "reference", "idempotency_key_reused",
                    "an order with this reference and another content is stored already");
  g_free(result.clash);
  writer->tally->stored += result.stored;
  writer->tally->skipped += result.skipped;
  writer->tally->bad += result.clashed;
  progress_show(writer->progress, writer->tally);
  return RESULT_OK;
}

/* By business time; equal ones in the order of the file. */
static int compare_pending(gconstpointer a, gconstpointer b)
{
  const struct pending *left = a;
  const struct pending *right = b;
  if (left->entry.at_ms != right->entry.at_ms)
    return left->entry.at_ms < right->entry.at_ms ? -1 : 1;
  return left->line < right->line ? -1 : left->line > right->line;
}

enum result writer_flush(struct writer *writer, struct err *e)
{
  enum result r = RESULT_OK;
  g_array_sort(writer->window, compare_pending);
  for (size_t first = 0; r == RESULT_OK && first < writer->window->len; first += LEDGER_BULK_MAX)
    r = send_batch(writer, first, MIN(LEDGER_BULK_MAX, writer->window->len - first), e);
  g_array_set_size(writer->window, 0);
  writer->window_lines = 0;
  return r;
}

enum result writer_take(struct writer *writer, struct entry *entry, size_t line, struct err *e)
{
  struct pending pending = {.entry = *entry, .line = line};
  g_array_append_val(writer->window, pending);
  writer->window_lines += entry->order.line_count;
  entry_init(entry, ENTRY_ORDER);
  bool full = writer->window->len >= WINDOW_ORDERS || writer->window_lines >= WINDOW_LINES;
  return full ? writer_flush(writer, e) : RESULT_OK;
}
