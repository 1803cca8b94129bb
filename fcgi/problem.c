#include "fcgi/problem.h"

#include <string.h>

#include "fcgi/json_out.h"

#define RETRY_AFTER_S 1

static const struct problem problems[] = {
    {"malformed_json", 400, "The body is not JSON"},
    {"duplicate_member", 400, "A member comes twice"},
    {"malformed_request", 400, "The request could not be read"},
    {"truncated_body", 400, "The body is incomplete"},
    {"unknown_parameter", 400, "Unknown parameter"},
    {"duplicate_parameter", 400, "A parameter comes twice"},
    {"idempotency_key_missing", 400, "The Idempotency-Key is missing"},
    {"idempotency_key_invalid", 400, "The Idempotency-Key cannot be used"},
    {"invalid_cursor", 400, "The cursor cannot be used"},
    {"unauthenticated", 401, "Who are you?"},
    {"forbidden", 403, "Not allowed"},
    {"csrf", 403, "Not sent by our own page"},
    {"not_found", 404, "Not found"},
    {"method_not_allowed", 405, "This method is not allowed here"},
    {"not_acceptable", 406, "Not to be had in this form"},
    {"length_required", 411, "The length of the body is required"},
    {"payload_too_large", 413, "The body is too large"},
    {"unsupported_media_type", 415, "The body must be JSON"},
    {"invalid_field", 422, "A field is not valid"},
    {"unknown_field", 422, "Unknown field"},
    {"too_many_items", 422, "Too many items"},
    {"out_of_range", 422, "A number is out of range"},
    {"amount_mismatch", 422, "The amounts do not add up"},
    {"invalid_currency", 422, "The currency cannot be used"},
    {"invalid_timestamp", 422, "A time is not valid"},
    {"invalid_timezone", 422, "The time zone is not known"},
    {"timestamp_in_future", 422, "A time lies in the future"},
    {"timestamp_too_old", 422, "A time lies too far back"},
    {"invalid_range", 422, "The range is not valid"},
    {"range_too_large", 422, "The range is too large"},
    {"currency_required", 422, "A currency is required"},
    {"idempotency_key_reused", 422, "The Idempotency-Key was used for another body"},
    {"refund_too_large", 422, "The refund is more than is left"},
    {"rate_limited", 429, "Too many requests"},
    {"internal", 500, "Something went wrong on the server"},
    {"sum_out_of_range", 500, "A sum is too large to be exact"},
    {"unavailable", 503, "The service cannot answer just now"},
    {"too_stale", 503, "The figures are older than asked for"},
    {"rebuilding", 503, "The figures are being rebuilt"},
    {"position_not_reached", 503, "The figures have not reached the position"},
};

const struct problem *problem_find(const char *code)
{
  for (size_t i = 0; i < G_N_ELEMENTS(problems); i++)
    if (strcmp(problems[i].code, code) == 0)
      return &problems[i];
  return problem_find("internal");
}

const char *problem_of_result(enum result result)
{
  static const char *const codes[] = {
      [RESULT_OK] = "internal",
      /* whoever can say what was wrong with the input says it in violations */
      [RESULT_INVALID] = "internal",
      [RESULT_NOT_FOUND] = "not_found",
      [RESULT_CONFLICT] = "unavailable",
      [RESULT_UNAVAILABLE] = "unavailable",
      [RESULT_STALE] = "rebuilding",
      [RESULT_OUT_OF_RANGE] = "sum_out_of_range",
      [RESULT_CORRUPT] = "internal",
      [RESULT_INTERNAL] = "internal",
  };
  return codes[result];
}

static void write_error(GString *out, const struct violation *violation)
{
  static const char *const places[] = {
      [VIOLATION_POINTER] = "pointer",
      [VIOLATION_PARAMETER] = "parameter",
      [VIOLATION_HEADER] = "header",
  };
  g_string_append_printf(out, "{\"%s\":", places[violation->place]);
  json_out_string(out, violation->where);
  g_string_append(out, ",\"code\":");
  json_out_string(out, violation->code);
  g_string_append(out, ",\"detail\":");
  json_out_string(out, violation->detail);
  g_string_append_c(out, '}');
}

/* What a document says beside what its code means. */
struct contents {
  const char *detail;
  const struct violation *errors;
  size_t error_count;
  const char *member, *json; /* one more member; NULL: none */
};

static void write_document(GString *out, const char *request_id, const struct problem *problem,
                           const struct contents *contents)
{
  g_string_append_printf(out, "{\"type\":\"/problems/%s\",\"title\":", problem->code);
  json_out_string(out, problem->title);
  g_string_append_printf(out, ",\"status\":%d,\"detail\":", problem->status);
  json_out_string(out, contents->detail);
  g_string_append_printf(out, ",\"code\":\"%s\",\"request_id\":", problem->code);
  json_out_string(out, request_id);
  g_string_append(out, ",\"errors\":[");
  for (size_t i = 0; i < contents->error_count; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    write_error(out, &contents->errors[i]);
  }
  g_string_append_c(out, ']');
  if (contents->member != NULL)
    g_string_append_printf(out, ",\"%s\":%s", contents->member, contents->json);
  g_string_append_c(out, '}');
}

static void write_problem(struct response *response, const char *request_id, const struct problem *problem,
                          const struct contents *contents)
{
  GString *out = response_json(response, problem->status);
  response->content_type = "application/problem+json";
  write_document(out, request_id, problem, contents);
  g_string_append_c(out, '\n');
  if (problem->status == 503)
    response_header_int(response, "Retry-After", RETRY_AFTER_S);
}

void problem_answer(struct response *response, const char *request_id, const char *code, const char *detail)
{
  write_problem(response, request_id, problem_find(code), &(struct contents){.detail = detail});
}

void problem_answer_with(struct response *response, const char *request_id, const char *code,
                         const char *detail, const char *member, const char *json)
{
  write_problem(response, request_id, problem_find(code),
                &(struct contents){.detail = detail, .member = member, .json = json});
}

static struct contents contents_of(const struct violations *violations)
{
  return (struct contents){
      .detail = violations->items[0].detail, .errors = violations->items, .error_count = violations->count};
}

void problem_answer_violations(struct response *response, const char *request_id,
                               const struct violations *violations)
{
  struct contents contents = contents_of(violations);
  write_problem(response, request_id, problem_find(violations->items[0].code), &contents);
}

int problem_write(GString *out, const char *request_id, const char *code, const char *detail)
{
  const struct problem *problem = problem_find(code);
  write_document(out, request_id, problem, &(struct contents){.detail = detail});
  return problem->status;
}

int problem_write_violations(GString *out, const char *request_id, const struct violations *violations)
{
  const struct problem *problem = problem_find(violations->items[0].code);
  struct contents contents = contents_of(violations);
  write_document(out, request_id, problem, &contents);
  return problem->status;
}
