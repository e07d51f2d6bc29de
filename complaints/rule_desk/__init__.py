"""How routing rules are written, tried out, activated and watched."""
