"""`python -m sobolev.cli` is the command `sobolev`."""

from sobolev.cli.app import main

if __name__ == "__main__":
    main()
