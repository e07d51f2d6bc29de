"""`python -m server` is `salur`."""

from server.cli import main

main()
