/* members: /v1/merchants/{merchant}/members and .../members/{id}, for owners. A password that was made here
 * is shown once, by the answer to the POST that made it. */
#pragma once

struct exchange;

void members_get(struct exchange *x);
void members_post(struct exchange *x);
void members_patch(struct exchange *x);
void members_delete(struct exchange *x);
