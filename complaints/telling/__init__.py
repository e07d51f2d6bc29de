"""Telling people and systems what happened: who hears of it, in Salur, by mail and by webhook."""
