"""Imported first by the scripts that need darkpy's packages: moves them to .venv's Python.

Where the packages are there already (an activated environment, .venv itself) nothing happens;
else scripts/env.sh makes .venv and the script begins again in it.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _enter() -> None:
    if importlib.util.find_spec("torch") and importlib.util.find_spec("cv2"):
        return
    subprocess.run(["sh", str(ROOT / "scripts" / "env.sh")], check=True)
    python = Path(os.environ.get("DARKPY_VENV", ROOT / ".venv")) / "bin" / "python"
    os.execv(python, [str(python), *sys.argv])


_enter()
sys.path.insert(0, str(ROOT))
