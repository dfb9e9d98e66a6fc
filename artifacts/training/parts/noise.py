"""Tileable noise, made once per process: rust, wear, dirt and sensor grain all sample it."""

from functools import cache

import cv2
import numpy as np

SIZE = 512


@cache
def fractal_bank() -> np.ndarray:
    """Eight tiles of 1/f noise, each with zero mean and unit deviation."""
    rng = np.random.default_rng(20260101)
    fy, fx = np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None]
    frequency = np.maximum(np.hypot(fy, fx), 1 / SIZE)
    tiles = []
    for exponent in (0.9, 1.1, 1.3, 1.5, 1.7, 1.9, 2.1, 2.3):
        spectrum = np.fft.rfft2(rng.standard_normal((SIZE, SIZE))) / frequency**exponent
        tile = np.fft.irfft2(spectrum, (SIZE, SIZE))
        tiles.append((tile - tile.mean()) / tile.std())
    return np.stack(tiles).astype(np.float32)


@cache
def grain_tile() -> np.ndarray:
    """White noise, three channels, larger than any picture so that a random crop is never the same."""
    return np.random.default_rng(7).standard_normal((2048, 2048, 3)).astype(np.float32)


def fractal(rng: np.random.Generator, height: int, width: int, zoom: float = 1.0, smooth: int | None = None) -> np.ndarray:
    """A random window of one tile, magnified `zoom` times; `smooth` 0..7 picks the roughness."""
    tile = fractal_bank()[int(rng.integers(0, 8)) if smooth is None else smooth]
    tile = np.roll(tile, tuple(rng.integers(0, SIZE, 2)), (0, 1))
    rows, columns = int(np.ceil(height / zoom)), int(np.ceil(width / zoom))
    tile = np.tile(tile, (-(-rows // SIZE), -(-columns // SIZE)))[:rows, :columns]
    return cv2.resize(tile, (width, height), interpolation=cv2.INTER_LINEAR)


def streaks(rng: np.random.Generator, height: int, width: int, length: int) -> np.ndarray:
    """Noise drawn out along x: brushed metal, belt scuffs. About unit deviation."""
    raw = grain_tile()[: height + 64, : width + 64, 0]
    y, x = rng.integers(0, 64, 2)
    return cv2.blur(raw[y : y + height, x : x + width], (length, 1)) * float(length) ** 0.5


def grain(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    y, x = rng.integers(0, 2048 - height), rng.integers(0, 2048 - width)
    return grain_tile()[y : y + height, x : x + width]
