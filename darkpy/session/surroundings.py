"""What a run was made with: programs, device, and the commit of the project, if it has one."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import numpy as np
import torch

from darkpy.machine.opencv import cv2
from darkpy.version import __version__

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_CPU_INFO = Path("/proc/cpuinfo")


def versions() -> dict[str, str]:
    """Of everything that has a say in the numbers."""
    return {
        "darkpy": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "system": platform.platform(),
    }


def device_name(device: torch.device) -> str:
    """What a person calls the device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        named = re.search(r"^model name\s*:\s*(.+)$", _CPU_INFO.read_text(), re.MULTILINE)
    except OSError:
        named = None
    return named[1] if named else platform.processor() or platform.machine()


def git_commit(folder: Path) -> str:
    """The commit that is checked out where a folder lies; empty where there is none.

    Git's files are read, git is not run: whatever stands in a repository starts no program.
    """
    inside = folder.resolve()
    for place in (inside, *inside.parents):
        git = place / ".git"
        try:
            if git.is_file():  # a worktree or a submodule
                git = place / git.read_text().partition("gitdir:")[2].strip()
            if git.is_dir():
                return _commit(git)
        except (OSError, ValueError):
            return ""
    return ""


def _commit(git: Path) -> str:
    """The commit that HEAD names, itself or through a branch."""
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref:"):
        return head if _COMMIT.fullmatch(head) else ""
    branch = head.partition(":")[2].strip()
    common = git / "commondir"
    home = (git / common.read_text().strip()) if common.is_file() else git
    loose = home / branch
    if loose.is_file():
        found = loose.read_text().strip()
    else:
        packed = (home / "packed-refs").read_text().splitlines()
        found = next((line.split(" ")[0] for line in packed if line.endswith(f" {branch}")), "")
    return found if _COMMIT.fullmatch(found) else ""
