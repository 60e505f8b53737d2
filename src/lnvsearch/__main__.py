"""`python -m lnvsearch`, the same as the `lnvsearch` command."""

from lnvsearch.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
