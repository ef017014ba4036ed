"""Records -> matplotlib figures; nothing here needs a display."""

from __future__ import annotations

import os
import sys

_BACKEND = "MPLBACKEND"  # matplotlib cannot be imported where it names what there is not

try:
    import matplotlib as matplotlib
except ValueError:
    # Parts of the first try would be taken for whole.
    for _name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        del sys.modules[_name]
    _named = os.environ.pop(_BACKEND, "")
    try:
        import matplotlib as matplotlib
    finally:
        os.environ[_BACKEND] = _named
