"""What can happen to a complaint, and to what decides about it."""
