"""What happens around a case: its ladder of reminders, tiers, the second way in and out, and who looks at it."""
