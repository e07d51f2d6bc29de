"""Advice: text in, suggestion out."""
