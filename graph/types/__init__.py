"""What clients see: rows turned into types, field by field."""
