/* metrics_export: /metrics/export.csv: a series as a table for spreadsheets. */
#pragma once

#include "fcgi/exchange.h"

void metrics_export(struct exchange *x);
