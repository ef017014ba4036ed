"""Comparison with numbers made by the C program; `scripts/parity` prints what is found here."""

from scripts.comparison.case import Case
from scripts.comparison.deviation import Deviation
from scripts.comparison.folders import compare_folder

__all__ = ["Case", "Deviation", "compare_folder"]
