/* mutant: planted faults, compiled only into the simulation and the fuzz targets, which must catch each of
 * them. */
#pragma once

#ifdef ENABLE_MUTANTS
#include <stdbool.h>
#include <string.h>
extern const char *mutant_active; /* NULL: none */
#define MUTANT(name) (mutant_active != NULL && strcmp(mutant_active, name) == 0)
#else
#define MUTANT(name) 0
#endif
