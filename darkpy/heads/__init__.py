"""The detecting kinds: raw values -> boxes, and raw values with truths -> loss."""

from darkpy.heads import gaussian_yolo, region, yolo

__all__ = ["gaussian_yolo", "region", "yolo"]
