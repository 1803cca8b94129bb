/* What takings-push reads from Redis: of changes, of endings, and the channels' names. What reads is written
 * again byte for byte; so nothing else ever goes on to a browser. */
#include "translation/hint.h"

#include <string.h>

#include "stores/keys.h"
#include "tests/fuzz/fuzz.h"
#include "translation/ended.h"

#define DATA "data: "

/* The event's data are the message, and it is one event. */
static void check_event(const struct hint *hint, const char *text, size_t size)
{
  g_autoptr(GString) event = g_string_new(NULL);
  hint_write_event(hint, event);
  const char *data = strstr(event->str, DATA);
  FUZZ_CHECK(data != NULL);
  data += strlen(DATA);
  FUZZ_CHECK(strlen(data) == size + 2 && memcmp(data, text, size) == 0 && strcmp(data + size, "\n\n") == 0);
  FUZZ_CHECK(strstr(event->str, "\n\n") == data + size);
}

static void check_sum(const struct hint *hint)
{
  struct hint sum = {.count = 0};
  hint_merge(&sum, hint, 3);
  hint_merge(&sum, hint, 3);
  FUZZ_CHECK(sum.count <= 3 && sum.all == hint->all && sum.position == hint->position);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  /* a copy of just the size, so that a byte read beyond it is seen; each on the heap for the same reason */
  g_autofree char *text = g_malloc(MAX(size, 1));
  g_autofree struct hint *hint = g_new(struct hint, 1);
  g_autofree struct ended *ended = g_new(struct ended, 1);
  char merchant[MERCHANT_ID_SIZE];
  if (size > 0)
    memcpy(text, data, size);
  if (hint_parse(text, size, hint)) {
    check_event(hint, text, size);
    check_sum(hint);
  }
  if (ended_parse(text, size, ended)) {
    g_autofree char *again = ended_format(ended->kind, ended->id);
    FUZZ_CHECK(strlen(again) == size && memcmp(again, text, size) == 0);
  }
  if (key_channel_merchant(text, size, merchant)) {
    g_autofree char *again = key_channel(merchant);
    FUZZ_CHECK(strlen(again) == size && memcmp(again, text, size) == 0);
  }
  return 0;
}
