"""Runs the test suites of scripts/suites and counts their tests."""
