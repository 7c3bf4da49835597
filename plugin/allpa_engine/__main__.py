"""`python -m allpa_engine` is `allpa`."""

import os
import sys
from contextlib import suppress

from .run.cli import main

if __name__ == "__main__":
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, or not read any more
            stream.flush()
    # All is written and closed. Unloading the packages takes seconds on a busy machine, while nothing can end the
    # process any more, and a cancelled run has two.
    os._exit(code)
