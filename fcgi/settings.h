/* settings: /v1/merchants/{merchant}/settings, for owners: name, currencies (which are only ever added) and
 * time zone. */
#pragma once

struct exchange;

void settings_get(struct exchange *x);
void settings_patch(struct exchange *x);
