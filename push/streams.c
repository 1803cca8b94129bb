#include "push/streams.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <glib.h>

#include "base/log.h"
#include "base/text_fields.h"

/* What nginx sends of a request is less. */
#define HEADERS_MAX 8192
#define REQUEST_WITHIN_S 10
/* What is unread of a stream that ends is waited for so long. */
#define END_WITHIN_S 3

struct streams {
  struct hub *hub;
  struct clock *clock;
  struct evhttp *http;
  struct evhttp_bound_socket *bound; /* NULL: closed */
  struct evbuffer *piece;
  int buffer; /* of the kernel, for each stream */
  size_t count;
};

struct stream {
  struct hub_outlet outlet; /* the first, so that one is the other */
  struct streams *streams;
  struct evhttp_request *request; /* NULL: ended */
  struct evhttp_connection *connection;
  struct hub_listener *listener; /* NULL: dropped */
};

static struct bufferevent *buffers_of(const struct stream *stream)
{
  return evhttp_connection_get_bufferevent(stream->connection);
}

/* ---- the outlet ---- */

static void stream_send(struct hub_outlet *self, const char *bytes, size_t length)
{
  struct stream *stream = (struct stream *)self;
  struct evbuffer *piece = stream->streams->piece;
  if (evbuffer_add(piece, bytes, length) == 0)
    evhttp_send_reply_chunk(stream->request, piece);
  evbuffer_drain(piece, evbuffer_get_length(piece));
}

static size_t stream_unread(struct hub_outlet *self)
{
  return evbuffer_get_length(bufferevent_get_output(buffers_of((struct stream *)self)));
}

static void stream_close(struct hub_outlet *self, bool at_once)
{
  static const struct timeval patience = {.tv_sec = END_WITHIN_S};
  struct stream *stream = (struct stream *)self;
  struct evhttp_request *request = stream->request;
  stream->listener = NULL;
  stream->request = NULL;
  if (at_once) {
    evhttp_connection_free(stream->connection); /* and with it the request and, by on_gone, the stream */
    return;
  }
  bufferevent_set_timeouts(buffers_of(stream), NULL, &patience);
  evhttp_send_reply_end(request);
}

/* Of a connection that its other end has left, evhttp takes the request off, and leaves it to us; every other
 * one goes together with its request. */
static void on_gone(struct evhttp_connection *connection, void *arg)
{
  struct stream *stream = arg;
  (void)connection;
  if (stream->request != NULL && evhttp_request_get_connection(stream->request) == NULL)
    evhttp_send_reply_end(stream->request); /* which only frees it */
  if (stream->listener != NULL)
    hub_leave(stream->streams->hub, stream->listener);
  stream->streams->count--;
  g_free(stream);
}

/* ---- the request ---- */

static bool read_number(const struct evkeyvalq *query, const char *name, int64_t *out)
{
  const char *text = evhttp_find_header(query, name);
  return text != NULL && text_fields_int64(text, out);
}

static bool read_id(const struct evkeyvalq *query, enum ended_kind kind, struct hub_caller *out)
{
  const char *id = evhttp_find_header(query, ended_kind_name(kind));
  return id != NULL && ended_id_valid(kind, id) && text_fields_copy(id, out->by[kind], sizeof out->by[kind]);
}

static bool read_caller(const struct evkeyvalq *query, struct hub_caller *out)
{
  const char *merchant = evhttp_find_header(query, "merchant");
  if (merchant == NULL || !merchant_id_valid(merchant, strlen(merchant)) ||
      !read_number(query, "asked", &out->asked_ms) || !read_number(query, "lasts", &out->lasts_ms))
    return false;
  g_strlcpy(out->merchant, merchant, sizeof out->merchant);
  return read_id(query, ENDED_KEY, out) ||
         (read_id(query, ENDED_USER, out) && read_id(query, ENDED_SESSION, out));
}

static bool read_request(struct evhttp_request *request, struct hub_caller *out)
{
  const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
  const char *path = evhttp_uri_get_path(uri), *text = evhttp_uri_get_query(uri);
  struct evkeyvalq query;
  *out = (struct hub_caller){.asked_ms = 0};
  if (path == NULL || strcmp(path, "/live") != 0 || text == NULL || evhttp_parse_query_str(text, &query) != 0)
    return false;
  bool good = read_caller(&query, out);
  evhttp_clear_headers(&query);
  return good;
}

/* ---- the answer ---- */

static void write_headers(struct evhttp_request *request)
{
  struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
  evhttp_add_header(headers, "Content-Type", "text/event-stream");
  evhttp_add_header(headers, "Connection", "close");
}

/* The kernel holds no more for a listener that does not read than we do. */
static void bound_buffers(const struct stream *stream)
{
  struct bufferevent *buffers = buffers_of(stream);
  int bytes = stream->streams->buffer;
  bufferevent_set_timeouts(buffers, NULL, NULL);
  bufferevent_setwatermark(buffers, EV_READ, 0, HEADERS_MAX);
  setsockopt(bufferevent_getfd(buffers), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static void begin(struct streams *streams, struct evhttp_request *request, const struct hub_caller *caller)
{
  const char *last_id = evhttp_find_header(evhttp_request_get_input_headers(request), "Last-Event-ID");
  struct stream *stream = g_new0(struct stream, 1);
  *stream = (struct stream){.outlet = {stream_send, stream_unread, stream_close},
                            .streams = streams,
                            .request = request,
                            .connection = evhttp_request_get_connection(request)};
  streams->count++;
  evhttp_connection_set_closecb(stream->connection, on_gone, stream);
  bound_buffers(stream);
  write_headers(request);
  evhttp_send_reply_start(request, HTTP_OK, "OK");
  stream->listener = hub_listen(streams->hub, caller, &stream->outlet, last_id,
                                streams->clock->monotonic_ms(streams->clock));
}

static void on_request(struct evhttp_request *request, void *arg)
{
  struct streams *streams = arg;
  struct hub_caller caller;
  if (!read_request(request, &caller)) {
    log_event(LOG_LEVEL_WARN, "request_refused", "%s", "why=\"no address of the worker's\"");
    evhttp_send_error(request, HTTP_BADREQUEST, NULL);
  } else if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD) {
    write_headers(request);
    evhttp_send_reply(request, HTTP_OK, "OK", NULL);
  } else if (!hub_admits(streams->hub, &caller, streams->clock->monotonic_ms(streams->clock))) {
    evhttp_send_error(request, HTTP_SERVUNAVAIL, NULL);
  } else {
    begin(streams, request, &caller);
  }
}

/* ---- all of them ---- */

static void set_up(struct streams *streams)
{
  struct evhttp *http = streams->http;
  evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
  evhttp_set_max_headers_size(http, HEADERS_MAX);
  evhttp_set_max_body_size(http, 0);
  evhttp_set_timeout(http, REQUEST_WITHIN_S);
  evhttp_set_gencb(http, on_request, streams);
}

enum result streams_new(struct event_base *base, struct hub *hub, struct clock *clock, int listen_fd,
                        size_t buffer, struct streams **out, struct err *e)
{
  int own_fd = dup(listen_fd);
  if (own_fd < 0)
    return err_set(e, RESULT_INTERNAL, "dup: %s", g_strerror(errno));
  struct streams *streams = g_new0(struct streams, 1);
  *streams = (struct streams){
      .hub = hub, .clock = clock, .http = evhttp_new(base), .piece = evbuffer_new(), .buffer = (int)buffer};
  *out = streams;
  if (streams->http != NULL && streams->piece != NULL) {
    set_up(streams);
    streams->bound = evhttp_accept_socket_with_handle(streams->http, own_fd);
  }
  if (streams->bound != NULL)
    return RESULT_OK;
  close(own_fd);
  streams_free(streams);
  return err_set(e, RESULT_INTERNAL, "libevent does not take the listening socket");
}

void streams_free(struct streams *streams)
{
  if (streams->http != NULL)
    evhttp_free(streams->http);
  if (streams->piece != NULL)
    evbuffer_free(streams->piece);
  g_free(streams);
}

void streams_close(struct streams *streams)
{
  if (streams->bound != NULL)
    evhttp_del_accept_socket(streams->http, streams->bound);
  streams->bound = NULL;
}

size_t streams_count(const struct streams *streams)
{
  return streams->count;
}
