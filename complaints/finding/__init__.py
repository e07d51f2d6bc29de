"""Finding complaints: by words, by likeness, by questions that people keep."""
