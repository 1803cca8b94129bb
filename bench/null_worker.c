/* null_worker: the least that a FastCGI worker can do: every request gets the same bytes. It listens on
 * descriptor 0 and ends by a signal.
 *
 *     null_worker FILE THREADS     FILE has the whole answer, headers and body
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <fcgiapp.h>
#include <glib.h>

struct answer {
  char *bytes;
  gsize length;
};

static void *serve(void *arg)
{
  const struct answer *answer = arg;
  FCGX_Request request;
  FCGX_InitRequest(&request, 0, 0);
  while (FCGX_Accept_r(&request) == 0) {
    FCGX_PutStr(answer->bytes, (int)answer->length, request.out);
    FCGX_Finish_r(&request);
  }
  return NULL;
}

int main(int argc, char **argv)
{
  struct answer answer;
  if (argc != 3 || !g_file_get_contents(argv[1], &answer.bytes, &answer.length, NULL) || FCGX_Init() != 0) {
    fprintf(stderr, "usage: null_worker FILE THREADS\n");
    return EXIT_FAILURE;
  }
  for (gint64 i = g_ascii_strtoll(argv[2], NULL, 10); i > 1; i--) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, &answer) != 0)
      return EXIT_FAILURE;
  }
  serve(&answer);
  return EXIT_FAILURE;
}
