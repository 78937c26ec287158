"""`python -m clew` is the command `clew`."""

import sys

from clew.app.cli import main

if __name__ == "__main__":
    sys.exit(main())
