"""Cheap variation on finished crops, so that one drawn line teaches more than once.

What needs to know the pen (joins, starved ink, careless diacritics) is drawn by `sobo-synth`; here only what a
different scanner, cropper or printer would have done: scale, slant, position, blur, noise, neighbours' ink, rulings.
"""

import cv2
import numpy as np

from model_size import HEIGHT

cv2.setNumThreads(1)


def _paper(image: np.ndarray) -> float:
    return float(np.percentile(image[:, ::4], 75))


def _affine(image: np.ndarray, rng: np.random.Generator, handwritten: bool) -> np.ndarray:
    shear = rng.uniform(-0.28, 0.28) if handwritten else rng.uniform(-0.06, 0.06)
    sx = float(np.exp(rng.uniform(-0.2, 0.22)))
    sy = float(np.exp(rng.uniform(-0.22, 0.1)))
    tilt = rng.normal(0, 0.006)
    width = image.shape[1]
    out_width = max(12, int(round(width * sx)))
    shift = rng.uniform(-1, 1) * (2.0 + HEIGHT * (1 - min(sy, 1.0)) / 2)
    middle = HEIGHT / 2
    matrix = np.float32(
        [[sx, -shear, shear * middle], [tilt * sx, sy, middle - sy * middle + shift - tilt * out_width / 2]]
    )
    return cv2.warpAffine(
        image, matrix, (out_width, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=_paper(image)
    )


def _neighbour(image: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink of the line above or below reaching into the crop."""
    rows = int(rng.integers(3, 12))
    width = min(image.shape[1], other.shape[1])
    start = int(rng.integers(0, other.shape[1] - width + 1))
    delta = np.clip(_paper(other) - other[:, start : start + width].astype(np.float32), 0, 255)
    out = image.astype(np.float32)
    if rng.random() < 0.5:
        out[:rows, :width] -= delta[HEIGHT - 8 - rows : HEIGHT - 8]
    else:
        out[HEIGHT - rows :, :width] -= delta[8 : 8 + rows]
    return np.clip(out, 0, 255).astype(np.uint8)


def _ruling(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A ruled or dotted line near the foot of the writing, or a table's border at an edge."""
    out = image.copy()
    dark = int(_paper(image) * rng.uniform(0.25, 0.8))
    kind = rng.random()
    if kind < 0.75:
        y = int(rng.integers(HEIGHT * 6 // 10, HEIGHT))
        thick = int(rng.integers(1, 3))
        step = int(rng.integers(4, 9)) if rng.random() < 0.6 else 1
        mark = max(1, step // 3)
        for x in range(int(rng.integers(0, step)) if step > 1 else 0, out.shape[1], step):
            out[y : y + thick, x : x + mark] = np.minimum(out[y : y + thick, x : x + mark], dark)
    else:
        x = int(rng.integers(0, 4)) if rng.random() < 0.5 else out.shape[1] - 1 - int(rng.integers(0, 4))
        x = min(max(x, 0), out.shape[1] - 1)
        out[:, x : x + 2] = np.minimum(out[:, x : x + 2], dark)
    return out


def augment(image: np.ndarray, rng: np.random.Generator, handwritten: bool, other: np.ndarray | None) -> np.ndarray:
    """A variation of a uint8 `[48, w]` crop; the width changes, the height does not."""
    if rng.random() < 0.75:
        image = _affine(image, rng, handwritten)
    if rng.random() < 0.2:
        kernel = np.ones((2, 2) if rng.random() < 0.5 else (1, 2), np.uint8)
        image = cv2.erode(image, kernel) if rng.random() < 0.6 else cv2.dilate(image, kernel)
    if other is not None and rng.random() < 0.2:
        image = _neighbour(image, other, rng)
    if rng.random() < 0.15:
        image = _ruling(image, rng)
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.0))
    elif rng.random() < 0.15:
        factor = rng.uniform(0.5, 0.85)
        small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (image.shape[1], HEIGHT), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        noise = rng.standard_normal(image.shape, np.float32) * rng.uniform(2, 10)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        slope = np.linspace(rng.uniform(-25, 25), rng.uniform(-25, 25), image.shape[1], dtype=np.float32)
        image = np.clip(image + slope[None], 0, 255).astype(np.uint8)
    return image
