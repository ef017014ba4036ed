"""Sessions are tested on the verbs' tiny project."""

from tests.detector.conftest import finds_most, project

__all__ = ["finds_most", "project"]
