"""The operations of each kind, as functions in tables: `[kind]` without its training."""

from darkpy.export.emitters import (
    activation,
    anchored,
    convolutional,
    detection,
    joining,
    matrices,
    normalization,
    passing,
    pooling,
    rearranging,
    recurrent,
    region,
    scales,
    softmax,
)

__all__ = [
    "activation",
    "anchored",
    "convolutional",
    "detection",
    "joining",
    "matrices",
    "normalization",
    "passing",
    "pooling",
    "rearranging",
    "recurrent",
    "region",
    "scales",
    "softmax",
]
