"""darkpy: Darknet's cfg files, trained, measured and run with PyTorch.

The letters in shapes, everywhere in this package:
B pictures of a mini-batch, A anchors of a head, K classes, N predictions, M truths of a picture,
T truths of a mini-batch, C channels, H, W height and width.
"""

__version__ = "0.1.0"
