#include "stores/late_pipelines.h"

#include "stores/schema.h"
#include "stores/total_sums.h"
#include "translation/bson_fields.h"

/* The types of values that neither stand for no import nor are compared as texts are; arrays are told by what
 * is in them. */
#define STRANGE_TYPES                                                                                        \
  "[", "minKey", "number", "object", "binData", "objectId", "bool", "date", "timestamp", "regex",            \
      "dbPointer", "javascript", "javascriptWithScope", "maxKey", "]"

/* ---- which entries ---- */

/* Nothing was recorded before 1970. Whatever is no time lies outside of any bounds, and so of the log. */
static void append_times(bson_t *match, const char *time, const struct restatement_filter *filter)
{
  int64_t from = filter != NULL && filter->from_ms > 0 ? filter->from_ms : 0;
  int64_t to = filter != NULL ? filter->to_ms : 0;
  bson_t times;
  if (filter != NULL && filter->before_key != NULL && (to == 0 || filter->before_ms < to))
    to = filter->before_ms + 1;
  BSON_APPEND_DOCUMENT_BEGIN(match, time, &times);
  BSON_APPEND_DATE_TIME(&times, "$gte", from);
  if (to != 0)
    BSON_APPEND_DATE_TIME(&times, "$lt", to);
  bson_append_document_end(match, &times);
}

/* Late entries of the merchant. What {late: true} selects is what the partial index holds. */
static void begin_match(bson_t *stages, const char *index, const char *merchant, bson_t *stage, bson_t *match)
{
  BSON_APPEND_DOCUMENT_BEGIN(stages, index, stage);
  BSON_APPEND_DOCUMENT_BEGIN(stage, "$match", match);
  BSON_APPEND_UTF8(match, "m", merchant);
  BSON_APPEND_BOOL(match, "late", true);
}

static void end_match(bson_t *stages, bson_t *stage, bson_t *match)
{
  bson_append_document_end(stage, match);
  bson_append_document_end(stages, stage);
}

static void append_own_keys(bson_t *match)
{
  BCON_APPEND(match, "_id", "{", "$regex", BCON_UTF8(SCHEMA_ENTRY_PATTERN), "}");
}

/* Behind the cursor: of what was recorded at its very time by key. */
static void append_cursor(bson_t *match, const char *time, const struct restatement_filter *filter)
{
  if (filter->before_key != NULL)
    BCON_APPEND(match, "$or", "[", "{", time, "{", "$lt", BCON_DATE_TIME(filter->before_ms), "}", "}", "{",
                time, BCON_DATE_TIME(filter->before_ms), "_id", "{", "$lt", BCON_UTF8(filter->before_key),
                "}", "}", "]");
}

/* ---- what of them ---- */

static void append_accumulator(bson_t *group, const char *name, const char *how, const char *path)
{
  BCON_APPEND(group, name, "{", how, BCON_UTF8(path), "}");
}

/* Entries by cause, currency and kind. */
static void append_group(bson_t *stages, const char *index, const char *cause)
{
  bson_t stage, group;
  BSON_APPEND_DOCUMENT_BEGIN(stages, index, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$group", &group);
  BCON_APPEND(&group, "_id", "{", "c", BCON_UTF8(cause), "u", "$currency", "k", "$kind", "}");
  append_accumulator(&group, LATE_FIRST, "$min", "$_id");
  append_accumulator(&group, LATE_LAST, "$max", "$_id");
  append_accumulator(&group, LATE_RECORDED, "$max", "$recorded_at");
  total_sums_append(&group, true);
  bson_append_document_end(&stage, &group);
  bson_append_document_end(stages, &stage);
}

/* The groups by cause; within one in the order of currencies. Two stages. */
static void append_regroup(bson_t *stages, const char *const index[2])
{
  bson_t stage;
  BSON_APPEND_DOCUMENT_BEGIN(stages, index[0], &stage);
  BCON_APPEND(&stage, "$sort", "{", "_id.u", BCON_INT32(1), "_id.k", BCON_INT32(1), "}");
  bson_append_document_end(stages, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(stages, index[1], &stage);
  BCON_APPEND(&stage, "$group", "{", "_id", "$_id.c", LATE_RECORDED, "{", "$max", "$" LATE_RECORDED, "}",
              LATE_PARTS, "{", "$push", "$$ROOT", "}", "}");
  bson_append_document_end(stages, &stage);
}

static void append_newest(bson_t *stages, const char *const index[2], size_t limit)
{
  bson_t stage;
  BSON_APPEND_DOCUMENT_BEGIN(stages, index[0], &stage);
  BCON_APPEND(&stage, "$sort", "{", "recorded_at", BCON_INT32(-1), "_id", BCON_INT32(-1), "}");
  bson_append_document_end(stages, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(stages, index[1], &stage);
  BSON_APPEND_INT64(&stage, "$limit", (int64_t)limit);
  bson_append_document_end(stages, &stage);
}

/* ---- the questions ---- */

bson_t *late_pipeline_singles(const char *merchant, const struct restatement_filter *filter, bool strange)
{
  bson_t *out = bson_new();
  bson_t stages, stage, match;
  BSON_APPEND_ARRAY_BEGIN(out, "pipeline", &stages);
  begin_match(&stages, "0", merchant, &stage, &match);
  if (strange)
    BCON_APPEND(&match, "$and", "[", "{", "$or", "[", "{", "import", "", "}", "{", "import", "{", "$type",
                STRANGE_TYPES, "}", "}", "]", "}", "]");
  else
    BSON_APPEND_NULL(&match, "import");
  append_times(&match, "recorded_at", filter);
  append_own_keys(&match);
  append_cursor(&match, "recorded_at", filter);
  end_match(&stages, &stage, &match);
  append_newest(&stages, (const char *const[]){"1", "2"}, filter->limit + 1);
  append_group(&stages, "3", "$_id");
  append_regroup(&stages, (const char *const[]){"4", "5"});
  bson_append_array_end(out, &stages);
  return out;
}

/* The first of each group in an order that the index has: the server can skip the rest of it. A bound on the
 * times before the groups are made would keep it from that. */
bson_t *late_pipeline_imports(const char *merchant, const struct restatement_filter *filter)
{
  bson_t *out = bson_new();
  bson_t stages, stage, match;
  BSON_APPEND_ARRAY_BEGIN(out, "pipeline", &stages);
  begin_match(&stages, "0", merchant, &stage, &match);
  BCON_APPEND(&match, "import", "{", "$gt", "", "}");
  end_match(&stages, &stage, &match);
  BSON_APPEND_DOCUMENT_BEGIN(&stages, "1", &stage);
  BCON_APPEND(&stage, "$sort", "{", "import", BCON_INT32(-1), "recorded_at", BCON_INT32(-1), "}");
  bson_append_document_end(&stages, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stages, "2", &stage);
  BCON_APPEND(&stage, "$group", "{", "_id", "$import", LATE_RECORDED, "{", "$first", "$recorded_at", "}",
              "}");
  bson_append_document_end(&stages, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stages, "3", &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$match", &match);
  append_times(&match, LATE_RECORDED, filter);
  append_cursor(&match, LATE_RECORDED, filter);
  end_match(&stages, &stage, &match);
  bson_append_array_end(out, &stages);
  return out;
}

bson_t *late_pipeline_fold(const char *merchant, const char *const *imports, size_t count)
{
  bson_t *out = bson_new();
  bson_t stages, stage, match, any, names;
  BSON_APPEND_ARRAY_BEGIN(out, "pipeline", &stages);
  begin_match(&stages, "0", merchant, &stage, &match);
  BSON_APPEND_DOCUMENT_BEGIN(&match, "import", &any);
  BSON_APPEND_ARRAY_BEGIN(&any, "$in", &names);
  for (size_t i = 0; i < count; i++)
    bson_fields_append_text(&names, (uint32_t)i, imports[i]);
  bson_append_array_end(&any, &names);
  bson_append_document_end(&match, &any);
  append_own_keys(&match);
  end_match(&stages, &stage, &match);
  append_group(&stages, "1", "$import");
  append_regroup(&stages, (const char *const[]){"2", "3"});
  bson_append_array_end(out, &stages);
  return out;
}

/* By import: one with a name is one restatement, and what has none as many as it has entries. */
bson_t *late_pipeline_count(const char *merchant)
{
  bson_t *out = bson_new();
  bson_t stages, stage, match;
  BSON_APPEND_ARRAY_BEGIN(out, "pipeline", &stages);
  begin_match(&stages, "0", merchant, &stage, &match);
  append_times(&match, "recorded_at", NULL);
  append_own_keys(&match);
  end_match(&stages, &stage, &match);
  BSON_APPEND_DOCUMENT_BEGIN(&stages, "1", &stage);
  BCON_APPEND(&stage, "$group", "{", "_id", "$import", "n", "{", "$sum", BCON_INT64(1), "}", "}");
  bson_append_document_end(&stages, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stages, "2", &stage);
  BCON_APPEND(&stage, "$group", "{", "_id", BCON_NULL, "restatements", "{", "$sum", "{", "$cond", "[", "{",
              "$and", "[", "{", "$eq", "[", "{", "$type", "$_id", "}", "string", "]", "}", "{", "$ne", "[",
              "$_id", "", "]", "}", "]", "}", BCON_INT64(1), "$n", "]", "}", "}", "entries", "{", "$sum",
              "$n", "}", "}");
  bson_append_document_end(&stages, &stage);
  bson_append_array_end(out, &stages);
  return out;
}
