"""Comparison with numbers made by the C program; `scripts/parity` prints what is found here."""

from darkpy.parity.case import Case
from darkpy.parity.deviation import Deviation
from darkpy.parity.folders import compare_folder

__all__ = ["Case", "Deviation", "compare_folder"]
