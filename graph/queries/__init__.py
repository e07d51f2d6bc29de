"""Reading fields of the schema."""
