"""Figures about agencies' work: asked, counted in SQL under the reader's permissions, and written to files."""
