"""`python -m server` is `salur`."""

from server.cli import main

if __name__ == "__main__":
    main()
