"""Pixels as the network sees them. `crates/sobo-read` does the same in Rust: change both or neither."""

import numpy as np

from model_size import HEIGHT, WIDTH_MULTIPLE

#: Contrast below this is not stretched: an empty crop stays empty.
LEAST_CONTRAST = 64.0


def normalise(grey: np.ndarray) -> np.ndarray:
    """Ink to 1, paper to 0 (float32, same shape), from the 80th and the 1st percentile of the crop."""
    below = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    last = grey.size - 1
    paper = float(np.searchsorted(below, last * 4 // 5, side="right"))
    ink = float(np.searchsorted(below, last // 100, side="right"))
    contrast = max(paper - ink, LEAST_CONTRAST)
    return np.clip((paper - grey.astype(np.float32)) / contrast, -0.25, 1.25)


def padded_width(width: int) -> int:
    """Width after padding with paper on the right: at least 16, a multiple of 8."""
    return max(16, (width + WIDTH_MULTIPLE - 1) // WIDTH_MULTIPLE * WIDTH_MULTIPLE)


def batch(images: list[np.ndarray]) -> np.ndarray:
    """Normalised crops side by side, `[n, 1, 48, w]`, padded with paper."""
    width = padded_width(max(image.shape[1] for image in images))
    out = np.zeros((len(images), 1, HEIGHT, width), np.float32)
    for row, image in zip(out, images):
        row[0, :, : image.shape[1]] = normalise(image)
    return out
