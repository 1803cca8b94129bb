#include "tests/sim/coroutine.h"

#include <stdlib.h>
#include <ucontext.h>

#include <glib.h>

/* The sanitizers must be told when the stack changes. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define SWITCH_BEGIN(save, bottom, size) __sanitizer_start_switch_fiber(save, bottom, size)
#define SWITCH_END(save, bottom, size) __sanitizer_finish_switch_fiber(save, bottom, size)
#else
#define SWITCH_BEGIN(save, bottom, size) ((void)0)
#define SWITCH_END(save, bottom, size) ((void)0)
#endif

#define STACK_SIZE (512 * 1024)

struct coroutine {
  ucontext_t context;
  void *stack;
  void (*body)(void *arg);
  void *arg;
  bool finished;
#if defined(__SANITIZE_ADDRESS__)
  void *fake_stack;
#endif
};

static ucontext_t scheduler;
static struct coroutine *current;
#if defined(__SANITIZE_ADDRESS__)
static void *scheduler_fake_stack;
static const void *scheduler_bottom;
static size_t scheduler_size;
#endif

static void run_body(void)
{
  SWITCH_END(NULL, &scheduler_bottom, &scheduler_size);
  struct coroutine *self = current;
  self->body(self->arg);
  self->finished = true;
  SWITCH_BEGIN(NULL, scheduler_bottom, scheduler_size);
}

/* Stacks are used again: a simulation starts an actor thousands of times. */
static GPtrArray *spare_stacks;

static void *take_stack(void)
{
  if (spare_stacks == NULL)
    spare_stacks = g_ptr_array_new();
  return spare_stacks->len > 0 ? g_ptr_array_steal_index(spare_stacks, spare_stacks->len - 1)
                               : g_malloc(STACK_SIZE);
}

struct coroutine *coroutine_new(void (*body)(void *arg), void *arg)
{
  struct coroutine *coroutine = g_new0(struct coroutine, 1);
  coroutine->stack = take_stack();
  coroutine->body = body;
  coroutine->arg = arg;
  getcontext(&coroutine->context);
  coroutine->context.uc_stack.ss_sp = coroutine->stack;
  coroutine->context.uc_stack.ss_size = STACK_SIZE;
  coroutine->context.uc_link = &scheduler;
  makecontext(&coroutine->context, run_body, 0);
  return coroutine;
}

void coroutine_free(struct coroutine *coroutine)
{
  if (coroutine == NULL)
    return;
  g_assert(coroutine->finished);
  g_ptr_array_add(spare_stacks, coroutine->stack);
  g_free(coroutine);
}

void coroutine_resume(struct coroutine *coroutine)
{
  current = coroutine;
  SWITCH_BEGIN(&scheduler_fake_stack, coroutine->stack, STACK_SIZE);
  swapcontext(&scheduler, &coroutine->context);
  SWITCH_END(scheduler_fake_stack, NULL, NULL);
  current = NULL;
}

bool coroutine_finished(const struct coroutine *coroutine)
{
  return coroutine->finished;
}

void coroutine_yield(void)
{
  struct coroutine *self = current;
  SWITCH_BEGIN(&self->fake_stack, scheduler_bottom, scheduler_size);
  swapcontext(&self->context, &scheduler);
  SWITCH_END(self->fake_stack, &scheduler_bottom, &scheduler_size);
}
