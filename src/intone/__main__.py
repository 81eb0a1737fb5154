"""`python -m intone`: the command line without its script on the path."""

import sys

from intone.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
