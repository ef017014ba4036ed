"""From light to a photograph: focus, shake, exposure, noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tabletop.camera import OVERSAMPLING
from tabletop.noise import mix, smoothstep

TYPICAL_GREY = 0.3
BRIGHTEST = 0.95  # exposure may not push the brightest fiftieth of the picture beyond this


@dataclass(frozen=True)
class Lens:
    """How the picture is taken; lengths are pixels of the finished picture."""

    brightness: float
    white_balance: np.ndarray  # (3,)
    focus: float  # which depth is sharp, 0 nearest .. 1 farthest in view
    aperture_px: float  # blur of the depth farthest from focus
    shake_px: float
    shake_angle: float
    vignette: float
    noise: float
    saturation: float
    contrast: float
    quality: int  # of the JPEG file

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Lens:
        shaken = rng.random() < 0.12
        return cls(
            brightness=float(rng.uniform(0.2, 0.42)),
            white_balance=np.exp(rng.normal(0, (0.08, 0.02, 0.07))),
            focus=float(rng.uniform(0.2, 0.8)),
            aperture_px=float(rng.uniform(0, 2.5) * (rng.random() < 0.7)),
            shake_px=float(rng.uniform(1.5, 4)) if shaken else 0.0,
            shake_angle=float(rng.uniform(0, np.pi)),
            vignette=float(rng.uniform(0, 0.45)),
            noise=float(rng.uniform(0.6, 2.4)),
            saturation=float(rng.uniform(0.8, 1.15)),
            contrast=float(rng.uniform(0.2, 0.75)),
            quality=int(rng.integers(62, 80)),
        )


def photograph(frame: np.ndarray, depth: np.ndarray, lens: Lens, grain: np.ndarray) -> np.ndarray:
    """Linear light (H, W, 3) and distances (H, W) -> the picture (H', W', 3) uint8 BGR.

    `grain` (H', W', 3) is standard normal noise for the sensor.
    """
    size = (grain.shape[1], grain.shape[0])
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    small = _focus(small, cv2.resize(depth, size, interpolation=cv2.INTER_AREA), lens)
    if lens.shake_px:
        small = cv2.filter2D(small, -1, _shake(lens))
    small = small + 0.12 * cv2.GaussianBlur(np.maximum(small - 1.2, 0), (0, 0), 6)
    small = small * lens.white_balance.astype(np.float32) * _vignette(small.shape, lens.vignette)
    grey = small.mean(axis=2)
    # the meter gives in to a dark or bright table only in part
    wanted = lens.brightness / np.median(grey) ** 0.6 / TYPICAL_GREY**0.4
    most = BRIGHTEST / np.percentile(grey, 98)
    small = small * np.float32(min(wanted, most))
    shown = (1 - np.exp(-1.75 * np.maximum(small, 0))) ** (1 / 2.2)
    shown = 255 * (shown + lens.contrast * (smoothstep(0, 1, shown) - shown))
    grey = shown.mean(axis=2, keepdims=True)
    shown = grey + (shown - grey) * lens.saturation
    soft = 0.6 * grain + 0.8 * cv2.GaussianBlur(grain, (0, 0), 0.9)
    # shot noise: stronger in the dark once the gamma curve has lifted it
    shown = shown + lens.noise * (1.5 - shown / 255) * soft
    return np.clip(np.round(shown), 0, 255).astype(np.uint8)


def _focus(frame: np.ndarray, depth: np.ndarray, lens: Lens) -> np.ndarray:
    """Blend blurred copies by how far each pixel is out of focus."""
    if lens.aperture_px < 0.25:
        return frame
    near, far = depth.min(), depth.max()
    away = np.abs((depth - near) / (far - near) - lens.focus) * lens.aperture_px
    away = cv2.GaussianBlur(away, (0, 0), 1.5)
    result = frame
    for sigma in (0.6, 1.3, 2.2):
        blurred = cv2.GaussianBlur(frame, (0, 0), sigma)
        result = mix(result, blurred, np.clip(2 * away - 1.2 * sigma, 0, 1))
    return result


def _shake(lens: Lens) -> np.ndarray:
    """Normalised kernel of a straight hand movement."""
    reach = int(lens.shake_px) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    c, s = np.cos(lens.shake_angle), np.sin(lens.shake_angle)
    beyond = np.maximum(np.abs(c * x + s * y) - lens.shake_px / 2, 0)
    kernel = np.maximum(1 - np.hypot(beyond, c * y - s * x), 0).astype(np.float32)
    return kernel / kernel.sum()


def _vignette(shape: tuple[int, ...], strength: float) -> np.ndarray:
    """Darkening towards the corners (H, W, 1) float32."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape[:2])
    far = (y[:, None] ** 2 + x[None, :] ** 2) / 2
    return (1 - strength * far**1.3)[..., None].astype(np.float32)


def grain_for(rng: np.random.Generator, width_px: int, height_px: int) -> np.ndarray:
    """Sensor noise (H', W', 3) for a frame of the given oversampled size."""
    size = (height_px // OVERSAMPLING, width_px // OVERSAMPLING, 3)
    return rng.standard_normal(size, dtype=np.float32)
