"""(e) What the device can do at all: matrix products and copies."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from darkpy.machine.arithmetic import arithmetic
from scripts.device.asked import Asked, Row

_TIMES = 10


def run(asked: Asked) -> Iterator[Row]:
    """Square products in bfloat16, TF32 and float32, and a copy."""
    side = 64 if asked.tiny else 8192
    for name, dtype, tf32 in (
        ("bfloat16", torch.bfloat16, False),
        ("TF32", torch.float32, True),
        ("float32", torch.float32, False),
    ):
        a = torch.randn(side, side, device=asked.device, dtype=dtype)
        with arithmetic(asked.device, tf32=tf32):
            seconds = asked.seconds(lambda a=a: a @ a, _TIMES)
        rate = 2 * side**3 / seconds / 1e12
        yield Row(f"product {side}x{side}, {name}", rate, "TFLOP/s")
    piece = torch.empty(2**16 if asked.tiny else 2**30, dtype=torch.uint8, device=asked.device)
    other = torch.empty_like(piece)
    seconds = asked.seconds(lambda: other.copy_(piece), _TIMES)
    yield Row("copy, read and written", 2 * piece.numel() / seconds / 1e12, "TB/s")
