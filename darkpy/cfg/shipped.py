"""The network cfgs that come with darkpy, wherever it is installed."""

from __future__ import annotations

import functools
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]  # of a checkout
_INSTALLED = "share/darkpy/cfg/"  # below the environment: setup.cfg, data_files


@functools.cache
def shipped_cfgs() -> dict[str, Path]:
    """Name without `.cfg` -> file; empty if the installation has lost them."""
    checkout = (_ROOT / "setup.cfg").exists()
    files = sorted((_ROOT / "cfg").glob("*.cfg")) if checkout else _installed()
    return {file.stem: file for file in files}


def _installed() -> list[Path]:
    """The files that pip put beside the package, found in its own record of the installation."""
    from importlib import metadata  # slow to import, and a checkout never needs it

    try:
        recorded = metadata.files("darkpy") or []
    except metadata.PackageNotFoundError:
        return []
    named = (file for file in recorded if _INSTALLED in str(file) and file.suffix == ".cfg")
    return sorted(path for file in named if (path := Path(str(file.locate()))).is_file())


def cfg_named(word: str) -> Path:
    """The cfg that a word means: a file, else one of darkpy's by its name with or without .cfg."""
    path = Path(word)
    if path.exists():
        return path
    return shipped_cfgs().get(word.removesuffix(".cfg"), path)
