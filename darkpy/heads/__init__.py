"""The detecting kinds: raw values -> boxes, and raw values with truths -> loss."""

from darkpy.heads import yolo

__all__ = ["yolo"]
