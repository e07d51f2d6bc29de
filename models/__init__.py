"""Rows: mappings and constraints."""
