"""The way from light to file: defocus, motion, exposure, color cast, grain, JPEG."""

import cv2
import numpy as np

from .noise import grain


def photograph(rng: np.random.Generator, linear: np.ndarray) -> np.ndarray:
    """Linear RGB scene to an 8-bit BGR picture as an inexpensive machine camera would deliver it."""
    height, width = linear.shape[:2]
    picture = _vignette(rng, _blur(rng, linear.astype(np.float32)))

    # Half-way between a fixed exposure and auto-exposure, so that black rubber stays darker than paper.
    bright = float(np.percentile(picture[::8, ::8], 92))
    picture *= 0.6 / max(bright * 0.5, 0.02) ** 0.5 * 2 ** rng.uniform(-1.3, 0.3)
    warmth = rng.normal(0, 0.11)  # color temperature that the white balance left over
    picture *= np.array([1 + warmth, 1 + rng.normal(0, 0.02), 1 - warmth], np.float32)

    noise = rng.uniform(0.002, 0.03) * rng.uniform(0.3, 1)
    picture += grain(rng, height, width) * np.sqrt(np.maximum(picture, 0) + 0.02) * noise
    curve = np.clip(picture, 0, 1.6)
    curve = curve / (1 + np.maximum(0, curve - 0.8) * 0.35)  # soft shoulder
    encoded = np.clip(curve, 0, 1) ** np.float32(1 / 2.2)
    if rng.random() < 0.3:  # in-camera sharpening
        encoded += rng.uniform(0.3, 1.0) * (encoded - cv2.GaussianBlur(encoded, (0, 0), 1.2))
    return np.clip(encoded[..., ::-1] * 255 + 0.5, 0, 255).astype(np.uint8)


def encode_jpeg(rng: np.random.Generator, image: np.ndarray) -> bytes:
    quality = int(rng.choice([rng.integers(35, 60), rng.integers(60, 96)], p=[0.25, 0.75]))
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def _blur(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    scale = min(picture.shape[:2]) / 480
    fate = rng.random()
    if fate < 0.25:  # defocus
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.8, 2.2) * scale)
    if fate < 0.5:  # motion along the belt
        length = int(max(3, rng.uniform(3, 12) * scale)) | 1
        kernel = np.zeros((length, length), np.float32)
        angle, middle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.15), length // 2
        reach = middle * np.array([np.cos(angle), np.sin(angle)])
        start, end = np.round(middle - reach).astype(int), np.round(middle + reach).astype(int)
        cv2.line(kernel, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), 1.0)
        return cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)
    return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.35, 0.7) * scale)  # the lens itself


def _vignette(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None]
    return picture * (1 - rng.uniform(0, 0.3) * (x**2 + y**2) / 2)[..., None]
