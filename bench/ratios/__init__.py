"""Takings measured against bare programs that do the least of the same: each result is a ratio of one run."""
