"""Wiring: builds everything, imported by nobody."""
