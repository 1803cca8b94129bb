#ifdef HAVE_CONFIG_H
#include "config.h" /* _GNU_SOURCE, for F_OFD_SETLK */
#endif

#include "base/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static struct {
  struct counters_layout layout;
  _Atomic int64_t *slots; /* in the map; NULL: nothing is counted */
  struct counters_header *map;
  int fd;
} counters = {.fd = -1};

/* ---- the layout ---- */

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
  for (const unsigned char *p = bytes; size > 0; p++, size--)
    hash = (hash ^ *p) * UINT64_C(0x100000001b3); /* FNV-1a */
  return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
  return hash_bytes(hash, text, strlen(text) + 1);
}

static uint64_t hash_family(uint64_t hash, const struct counter_family *family)
{
  hash = hash_text(hash, family->name);
  hash = hash_bytes(hash, &family->type, sizeof family->type);
  for (size_t i = 0; family->values != NULL && family->values[i] != NULL; i++)
    hash = hash_text(hash, family->values[i]);
  if (family->bounds != NULL)
    hash = hash_bytes(hash, family->bounds, counter_bucket_count(family) * sizeof *family->bounds);
  return hash;
}

size_t counters_width(const struct counter_family *family)
{
  if (family->type == COUNTER_HISTOGRAM)
    return counter_bucket_count(family) + 1;
  return family->type == COUNTER_LAST ? 2 : 1;
}

void counters_layout_make(enum counter_program program, const struct counters_routes *routes,
                          struct counters_layout *out)
{
  *out = (struct counters_layout){.hash = UINT64_C(0xcbf29ce484222325)};
  for (int i = 0; i < COUNTERS; i++) {
    const struct counter_family *family = &counter_table[i];
    if ((family->programs & 1U << program) == 0)
      continue;
    out->first[i] = out->slots;
    out->slots +=
        (family->by_route ? routes->count : 1) * counter_value_count(family) * counters_width(family);
    out->hash = hash_family(out->hash, family);
  }
  for (size_t i = 0; program == COUNTERS_WORKER && i < routes->count; i++)
    out->hash = hash_text(out->hash, routes->labels[i]);
}

/* ---- counting ---- */

/* NULL: not counted here. */
static _Atomic int64_t *slot_of(enum counter counter, size_t at)
{
  return counters.slots != NULL ? &counters.slots[counters.layout.first[counter] + at] : NULL;
}

static void add(_Atomic int64_t *slot, int64_t n)
{
  if (slot != NULL)
    atomic_fetch_add_explicit(slot, n, memory_order_relaxed);
}

void counter_add(enum counter counter, size_t value, int64_t n)
{
  add(slot_of(counter, value), n);
}

void counter_add_route(enum counter counter, size_t route, size_t value, int64_t n)
{
  add(slot_of(counter, route * counter_value_count(&counter_table[counter]) + value), n);
}

void counter_observe(enum counter counter, size_t route, int64_t amount)
{
  const struct counter_family *family = &counter_table[counter];
  size_t width = counters_width(family), bucket = 0;
  while (family->bounds[bucket] != 0 && amount > family->bounds[bucket])
    bucket++;
  add(slot_of(counter, route * width + bucket), 1);
  add(slot_of(counter, route * width + width - 1), amount);
}

void counter_set(enum counter counter, size_t value, int64_t amount, int64_t now_ms)
{
  _Atomic int64_t *slot = slot_of(counter, value * 2);
  if (slot == NULL)
    return;
  atomic_store(slot, amount);
  atomic_store(slot + 1, now_ms);
}

/* ---- the file ---- */

static bool lock(int fd)
{
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static size_t file_size(void)
{
  return sizeof(struct counters_header) + counters.layout.slots * sizeof(int64_t);
}

static bool begun_by_us(int fd, const struct stat *status)
{
  struct counters_header header;
  return (size_t)status->st_size == file_size() && pread(fd, &header, sizeof header, 0) == sizeof header &&
         memcmp(header.magic, COUNTERS_MAGIC, sizeof header.magic) == 0 &&
         header.layout == counters.layout.hash && header.slots == counters.layout.slots;
}

/* All zero. The header comes last: without it nobody reads the file. The room is taken now: a disk that is
 * full later would otherwise end the process. */
static bool begin_anew(int fd)
{
  const struct counters_header header = {
      .magic = COUNTERS_MAGIC, .layout = counters.layout.hash, .slots = counters.layout.slots};
  return ftruncate(fd, 0) == 0 && posix_fallocate(fd, 0, (off_t)file_size()) == 0 &&
         pwrite(fd, &header, sizeof header, 0) == sizeof header;
}

/* What the process before had just then went with it. */
static void clear_live(enum counter_program program)
{
  for (int i = 0; i < COUNTERS; i++)
    if (counter_table[i].type == COUNTER_LIVE && (counter_table[i].programs & 1U << program) != 0)
      atomic_store(slot_of((enum counter)i, 0), 0);
}

/* False: the file cannot be used; errno says why (EAGAIN: somebody has it). */
static bool take_file(int fd, enum counter_program program)
{
  struct stat status;
  if (fstat(fd, &status) != 0 || !lock(fd))
    return false;
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_nlink != 1) {
    errno = EPERM;
    return false;
  }
  /* the process before may have begun it between the two calls */
  if (fstat(fd, &status) != 0 || (!begun_by_us(fd, &status) && !begin_anew(fd)))
    return false;
  void *map = mmap(NULL, file_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED)
    return false;
  counters.fd = fd;
  counters.map = map;
  counters.slots = (_Atomic int64_t *)(void *)(counters.map + 1);
  clear_live(program);
  return true;
}

static bool try_file(int folder, enum counter_program program, int number)
{
  char name[32];
  snprintf(name, sizeof name, "%s-%02d", counter_program_name(program), number);
  int fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (fd >= 0 && take_file(fd, program))
    return true;
  if (errno != EAGAIN)
    log_event(LOG_LEVEL_WARN, "counters_file_refused", "file=%s why=\"%s\"", name, strerror(errno));
  if (fd >= 0)
    close(fd);
  return false;
}

void counters_open(const char *directory, enum counter_program program, const struct counters_routes *routes)
{
  counters_layout_make(program, routes, &counters.layout);
  int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool taken = false;
  for (int number = 1; folder >= 0 && number <= COUNTERS_FILES_MAX && !taken; number++)
    taken = try_file(folder, program, number);
  if (!taken)
    log_event(LOG_LEVEL_WARN, "counters_off", "directory=%s why=\"%s\"", directory,
              folder < 0 ? strerror(errno) : "no file can be had");
  if (folder >= 0)
    close(folder);
}

void counters_close(void)
{
  if (counters.slots == NULL)
    return;
  munmap(counters.map, file_size());
  close(counters.fd);
  counters.slots = NULL;
  counters.map = NULL;
  counters.fd = -1;
}
