"""Sessions are tested on the verbs' tiny project."""

from tests.detector.conftest import project

__all__ = ["project"]
