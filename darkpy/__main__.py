"""`python -m darkpy` is the command `darkpy`."""

import sys

from darkpy.console.cli import main

sys.exit(main())
