#include "fcgi/problem.h"

#include <string.h>

#include "fcgi/json_out.h"

#define RETRY_AFTER_S 1

const struct problem *problem_find(const char *code)
{
  for (size_t i = 0; i < problem_count; i++)
    if (strcmp(problem_table[i].code, code) == 0)
      return &problem_table[i];
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
      [RESULT_TOO_LONG] = "unavailable",
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
