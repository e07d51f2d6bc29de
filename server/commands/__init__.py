"""The commands of `salur`, by what they are about."""
