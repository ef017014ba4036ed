"""Periodic random fields, made by filtering white noise in the frequency domain."""

from __future__ import annotations

import numpy as np


def field(
    rng: np.random.Generator,
    size: int,
    *,
    slope: float = 1.5,
    stretch: tuple[float, float] = (1.0, 1.0),
    lowest: float = 1.0,
) -> np.ndarray:
    """Noise that tiles without a seam, (size, size) float32 with mean 0 and deviation 1.

    Amplitude falls as frequency**-slope and is flat below `lowest` periods a tile. A stretch of
    (a, b) makes the pattern a times longer along x and b times longer along y.
    """
    white = rng.standard_normal((size, size), dtype=np.float32)
    along_x = np.fft.rfftfreq(size, 1 / size)[None, :] * stretch[0]
    along_y = np.fft.fftfreq(size, 1 / size)[:, None] * stretch[1]
    frequency = np.maximum(np.hypot(along_x, along_y), lowest)
    spectrum = np.fft.rfft2(white) * (frequency**-slope).astype(np.float32)
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, s=(size, size)).astype(np.float32)
    return noise / noise.std()


def smoothstep(low: float, high: float, x: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, a smooth cubic between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def relief(height: np.ndarray, towards: np.ndarray, strength: float) -> np.ndarray:
    """Brightness factor (S, S) of a periodic height field lit from `towards` (x, y)."""
    slope_x = np.roll(height, -1, axis=1) - np.roll(height, 1, axis=1)
    slope_y = np.roll(height, -1, axis=0) - np.roll(height, 1, axis=0)
    return np.clip(1 - strength * (slope_x * towards[0] + slope_y * towards[1]), 0.3, 1.8)


def linear(*srgb: float) -> np.ndarray:
    """An sRGB colour written (red, green, blue) 0..255 as linear-light BGR, (3,) float32."""
    return ((np.array(srgb[::-1], np.float32) / 255) ** 2.2).astype(np.float32)


def mix(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Blend colours a and b (..., 3) by weights t (...), 0 giving a."""
    return a + (b - a) * t[..., None]
