"""`python -m darkpy` is the command `darkpy`."""

import sys

from darkpy.cli import main

sys.exit(main())
