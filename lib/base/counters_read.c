#ifdef HAVE_CONFIG_H
#include "config.h" /* _GNU_SOURCE, for F_OFD_SETLK */
#endif

#include "base/counters_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "base/log.h"

/* More than anybody counts, and few enough of it that all files' sum stays an int64. */
#define COUNT_MOST (INT64_C(1) << 53)

struct file {
  const char *name;
  enum counter_program program;
  const struct counters_layout *layout;
  int64_t *slots; /* read; owned */
  bool alive;     /* a process holds it */
};

/* ---- one file ---- */

static bool counts_possible(const struct file *file)
{
  for (size_t i = 0; i < file->layout->slots; i++)
    if (file->slots[i] < -COUNT_MOST || file->slots[i] > COUNT_MOST)
      return false;
  return true;
}

/* Never mapped: a file that is cut short meanwhile must not end us. Why it is not one of ours, or NULL. */
static const char *fault_of(int fd, struct file *file)
{
  struct stat status;
  struct counters_header header;
  size_t size = file->layout->slots * sizeof(int64_t);
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid())
    return "not a file of this user";
  if (pread(fd, &header, sizeof header, 0) != sizeof header ||
      memcmp(header.magic, COUNTERS_MAGIC, sizeof header.magic) != 0)
    return "not a file of counters";
  if (header.layout != file->layout->hash || header.slots != file->layout->slots)
    return "of another build";
  if ((size_t)status.st_size != sizeof header + size ||
      pread(fd, file->slots, size, sizeof header) != (ssize_t)size)
    return "of another size";
  return counts_possible(file) ? NULL : "a count that cannot be";
}

static bool is_held(int fd)
{
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

/* False: there is no such file, or it is none of ours. */
static bool read_file(int folder, struct file *file)
{
  int fd = openat(folder, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT)
    return false;
  const char *fault = fd >= 0 ? fault_of(fd, file) : strerror(errno);
  if (fault != NULL)
    log_event(LOG_LEVEL_WARN, "counters_file_ignored", "file=%s why=\"%s\"", file->name, fault);
  else
    file->alive = is_held(fd);
  if (fd >= 0)
    close(fd);
  return fault == NULL;
}

/* ---- adding up ---- */

static void add_slots(const struct file *file, size_t first, size_t count, int64_t *sum)
{
  for (size_t i = first; i < first + count; i++)
    sum[i] += file->slots[i];
}

static void take_last(const struct file *file, size_t first, size_t count, int64_t *sum)
{
  for (size_t i = first; i < first + count; i += 2)
    if (file->slots[i + 1] > sum[i + 1])
      memcpy(&sum[i], &file->slots[i], 2 * sizeof *sum);
}

static void add_file(const struct file *file, size_t routes, int64_t *sum)
{
  for (int i = 0; i < COUNTERS; i++) {
    const struct counter_family *family = &counter_table[i];
    if ((family->programs & 1U << file->program) == 0)
      continue;
    size_t count = (family->by_route ? routes : 1) * counter_value_count(family) * counters_width(family);
    if (family->type == COUNTER_LAST)
      take_last(file, file->layout->first[i], count, sum);
    else if (family->type != COUNTER_LIVE || file->alive)
      add_slots(file, file->layout->first[i], count, sum);
  }
}

static void add_program(int folder, enum counter_program program, size_t routes, struct counters_sum *sum)
{
  struct file file = {.program = program, .layout = &sum->layout[program]};
  file.slots = g_new0(int64_t, file.layout->slots);
  for (int number = 1; number <= COUNTERS_FILES_MAX; number++) {
    char name[32];
    snprintf(name, sizeof name, "%s-%02d", counter_program_name(program), number);
    file.name = name;
    if (!read_file(folder, &file))
      continue;
    add_file(&file, routes, sum->slots[program]);
    sum->processes[program] += file.alive;
  }
  g_free(file.slots);
}

enum result counters_read(const char *directory, const struct counters_routes *routes,
                          struct counters_sum *out, struct err *e)
{
  *out = (struct counters_sum){.processes = {0}};
  for (int i = 0; i < COUNTERS_PROGRAMS; i++) {
    counters_layout_make((enum counter_program)i, routes, &out->layout[i]);
    out->slots[i] = g_new0(int64_t, out->layout[i].slots);
  }
  int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return err_set(e, RESULT_UNAVAILABLE, "%s: %s", directory, strerror(errno));
  for (int i = 0; i < COUNTERS_PROGRAMS; i++)
    add_program(folder, (enum counter_program)i, routes->count, out);
  close(folder);
  return RESULT_OK;
}

void counters_sum_clear(struct counters_sum *sum)
{
  for (int i = 0; i < COUNTERS_PROGRAMS; i++)
    g_clear_pointer(&sum->slots[i], g_free);
}
