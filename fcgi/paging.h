/* paging: what lists that come in pages share. */
#pragma once

#include <stddef.h>

#include "fcgi/exchange.h"

/* The parameter `limit`, 1 to `most`; `normal` when it is not given. What is wrong becomes a violation. */
size_t paging_read_limit(struct exchange *x, size_t normal, size_t most);
