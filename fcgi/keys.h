/* keys: /v1/merchants/{merchant}/keys and .../keys/{id}, for owners. A secret is shown once, by the answer to
 * the POST that made it. */
#pragma once

struct exchange;

void keys_list(struct exchange *x);
void keys_post(struct exchange *x);
void keys_delete(struct exchange *x);
