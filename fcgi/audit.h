/* audit: GET /v1/merchants/{merchant}/audit, for owners: who did what, newest first. */
#pragma once

struct exchange;

void audit_get(struct exchange *x);
