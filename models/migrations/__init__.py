"""The history of the rows, which lives with the rows."""
