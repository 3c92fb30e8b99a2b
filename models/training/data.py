"""Training batches: a process of its own draws, varies and packs lines while the trainer computes.

Lines come from the generator's stream and stay in a pool in memory, so that training may take more lines a second
than are drawn: a line drawn once is varied anew each time it is used.
"""

import multiprocessing
import os
import shlex
import threading
import time
import zlib
from collections import deque
from pathlib import Path

import numpy as np
from PIL import Image

import stream
from alphabet import encode, normalise
from augment import augment
from model_size import HEIGHT, STRIDE
from pixels import normalise as normalise_pixels
from pixels import padded_width

#: A batch holds about this many pixel columns.
COLUMNS = 11_000
#: Batches come in these widths and, for each, one fixed number of lines: every new shape costs the convolution
#: library a compilation of its own.
WIDTHS = (64, 96, 128, 160, 192, 224, 256, 288, 320, 384, 448, 512, 640, 768, 960, 1280)
WIDEST = WIDTHS[-1]
LARGEST_BATCH = 64
#: Real lines wider than this cost more time than they teach.
WIDEST_REAL = 700


def real_lines(folder: Path, development: bool, share: float = 0.1):
    """Lines of a labelled folder (`labels.tsv`), split by source page: uint8 `[48, w]` and text."""
    found = []
    for row in (folder / "labels.tsv").read_text("utf-8").splitlines():
        name, text, *page = row.split("\t")
        key = page[0] if page else name
        if (zlib.crc32(key.encode()) / 2**32 < share) != development:
            continue
        text = normalise(text)
        if encode(text) is None or not text:
            continue
        image = Image.open(folder / name).convert("L")
        width = max(8, round(image.width * HEIGHT / image.height))
        found.append((np.asarray(image.resize((width, HEIGHT), Image.Resampling.LANCZOS)), text))
    return found


def fits(text_classes: list[int], width: int) -> bool:
    """Whether CTC has enough steps for the text."""
    repeats = sum(a == b for a, b in zip(text_classes, text_classes[1:]))
    return len(text_classes) + repeats <= padded_width(width) // STRIDE


def bucket(width: int) -> int:
    """The smallest batch width that holds a line."""
    return next(w for w in WIDTHS if w >= width)


def pack(rows: list[tuple[np.ndarray, list[int]]]):
    """A batch: pixels as uint8 `[n, 48, w]` (0 is -0.25, 255 is 1.25), labels joined, their lengths, line widths."""
    width = bucket(max(image.shape[1] for image, _ in rows))
    pixels = np.full((len(rows), HEIGHT, width), round(0.25 / 1.5 * 255), np.uint8)
    for out, (image, _) in zip(pixels, rows):
        value = (normalise_pixels(image) + 0.25) * (255 / 1.5)
        out[:, : image.shape[1]] = np.rint(value)
    labels = np.concatenate([np.asarray(classes, np.int32) for _, classes in rows])
    lengths = np.asarray([len(classes) for _, classes in rows], np.int32)
    widths = np.asarray([image.shape[1] for image, _ in rows], np.int32)
    return pixels, labels, lengths, widths


class Feeder(multiprocessing.get_context("spawn").Process):
    """Fills a queue with packed batches until it is terminated."""

    def __init__(self, queue, commands, real=(), real_share=0.06, pool=120_000, seed=1, short_first=0):
        super().__init__(daemon=True)
        self.settings = (queue, list(commands), [Path(r) for r in real], real_share, pool, seed, short_first)

    def run(self):
        # A session of its own, so that drawing and computing are scheduled apart.
        os.setsid()
        queue, commands, real, real_share, capacity, seed, short_first = self.settings
        rng = np.random.default_rng(seed)
        fresh: deque = deque(maxlen=20_000)
        pool: list = []
        drawn, used = [0], 0

        def fill(command):
            local = np.random.default_rng(zlib.crc32(command.encode()) + seed)
            for line in stream.run(shlex.split(command)):
                text = normalise(line.text)
                classes = encode(text)
                if classes is None or line.image.shape[1] > WIDEST or line.image.shape[0] != HEIGHT:
                    continue
                item = (line.image, classes, line.meta.get("ink") == "handwritten")
                drawn[0] += 1
                while drawn[0] > 1.05 * used + 6000:
                    time.sleep(0.05)
                fresh.append(item)
                if len(pool) < capacity:
                    pool.append(item)
                else:
                    pool[int(local.integers(capacity))] = item

        for command in commands:
            threading.Thread(target=fill, args=(command,), daemon=True).start()
        real_pool = [(image, encode(text)) for folder in real for image, text in real_lines(folder, False)
                     if image.shape[1] <= WIDEST_REAL]
        while len(pool) < 2000:
            time.sleep(0.2)
        started = time.time()
        buckets = {width: [] for width in WIDTHS}
        while True:
            if real_pool and rng.random() < real_share:
                image, classes = real_pool[int(rng.integers(len(real_pool)))]
                handwritten = False
            elif fresh:
                image, classes, handwritten = fresh.popleft()
            else:
                image, classes, handwritten = pool[int(rng.integers(len(pool)))]
            if used < short_first and image.shape[1] > 320:
                continue
            other = pool[int(rng.integers(len(pool)))][0]
            image = augment(image, rng, handwritten, other)
            if image.shape[1] > WIDEST or not fits(classes, image.shape[1]):
                continue
            used += 1
            width = bucket(image.shape[1])
            rows = buckets[width]
            rows.append((image, classes))
            if len(rows) >= min(LARGEST_BATCH, COLUMNS // width):
                queue.put((pack(rows), (drawn[0], used, drawn[0] / (time.time() - started))))
                rows.clear()
