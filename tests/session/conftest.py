"""Sessions are tested on the verbs' tiny project."""

from tests.detector.conftest import blank_charts, finds_most, project

__all__ = ["blank_charts", "finds_most", "project"]
