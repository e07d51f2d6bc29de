"""Decisions: pure functions and data, no I/O."""
