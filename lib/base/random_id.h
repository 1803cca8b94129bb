/* random_id: ids that nobody can guess and that are never used twice. */
#pragma once

#define RANDOM_ID_SIZE 17

/* 16 hex digits from 64 random bits, with NUL. */
void random_id_make(char out[RANDOM_ID_SIZE]);

/* Replaces the source of the bits (NULL: the system's), so that a simulation can be replayed. */
void random_id_set_source(void (*fill)(void *bytes, unsigned long size));
