"""A net that sees one thing in the middle of what is red, and its files."""

from __future__ import annotations

import pytest

from tests.certain import certain_files


@pytest.fixture
def files(tmp_path):
    """cfg, weights, data as text; black pictures show nothing."""
    return tuple(str(path) for path in certain_files(tmp_path, red=9.0))
