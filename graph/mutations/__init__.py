"""Writing fields of the schema: one verb each."""
