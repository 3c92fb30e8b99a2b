"""Measures a reader on a file of labelled lines, per ink and style: character error rate, greedy decoding."""

import argparse
import random
import unicodedata
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

import stream
from alphabet import ALPHABET, decode, normalise
from data import real_lines
from model import Reader
from pixels import batch


def distance(a: str, b: str) -> int:
    """Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


def bare(text: str) -> str:
    """Without case and punctuation, as the real Vietnamese lines are scored."""
    text = "".join(c if unicodedata.category(c)[0] in "LN" or c == " " else " " for c in text.lower())
    return " ".join(text.split())


def load(checkpoint: Path) -> Reader:
    saved = torch.load(checkpoint, weights_only=True)
    if saved["alphabet"] != ALPHABET:
        raise SystemExit(f"{checkpoint} was trained with another alphabet")
    model = Reader(**saved["config"])
    model.load_state_dict(saved["average"])
    return model.eval()


@torch.no_grad()
def read(model, images: list[np.ndarray]) -> list[str]:
    """Greedy readings of uint8 `[48, w]` crops."""
    texts = [""] * len(images)
    order = sorted(range(len(images)), key=lambda i: images[i].shape[1])
    for start in range(0, len(order), 8):
        group = order[start : start + 8]
        x = torch.from_numpy(batch([images[i] for i in group])).to(memory_format=torch.channels_last)
        for i, row in zip(group, model(x).argmax(-1)):
            texts[i] = normalise(decode(row))
    return texts


def report(pairs, keys) -> str:
    """Error rates by key; `pairs` are (reading, truth)."""
    sums = defaultdict(lambda: [0, 0, 0, 0])
    for (got, want), names in zip(pairs, keys):
        for name in names:
            entry = sums[name]
            entry[0] += distance(got, want)
            entry[1] += len(want)
            entry[2] += got == want
            entry[3] += 1
    parts = sorted(sums.items(), key=lambda item: -item[1][0] / max(1, item[1][1]))
    return " | ".join(f"{name} {100 * e / max(1, n):.2f}% (exact {100 * x / c:.0f}%, {c})" for name, (e, n, x, c) in parts)


_CACHE: dict = {}


def evaluate_file(model, path: Path, limit=None, by_font=False) -> str:
    key = (path, limit)
    if key not in _CACHE:
        lines = [line for line in stream.read_file(path) if line.image.shape[1] <= 1400]
        random.Random(1).shuffle(lines)
        _CACHE[key] = lines[:limit]
    lines = _CACHE[key]
    got = read(model, [line.image for line in lines])
    names = []
    for line in lines:
        own = [line.meta.get("ink", "?"), "style:" + str(line.meta.get("style", "?"))]
        if "level" in line.meta:
            own.append(f"{line.meta.get('ink')}/{line.meta['level']}")
        if by_font:
            own.append("font:" + line.meta.get("font", "?"))
        names.append(own)
    return "held-out: " + report([(g, normalise(line.text)) for g, line in zip(got, lines)], names)


def evaluate_real(model, folder: Path, ignore_case: bool, development_only: bool, stretch=1.0) -> str:
    lines = real_lines(folder, True, share=0.1 if development_only else 2.0)
    images = [image for image, _ in lines]
    if stretch != 1.0:
        import cv2

        images = [cv2.resize(image, (max(8, round(image.shape[1] * stretch)), image.shape[0])) for image in images]
    got = read(model, images)
    fold = bare if ignore_case else (lambda text: text)
    return f"{folder.name}: " + report([(fold(g), fold(text)) for g, (_, text) in zip(got, lines)], [["all"]] * len(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--lines", type=Path, action="append", default=[], help="stream file of labelled lines")
    parser.add_argument("--real", type=Path, action="append", default=[], help="labelled folder: its development pages")
    parser.add_argument("--test", type=Path, action="append", default=[], help="labelled folder: all, without case and punctuation")
    parser.add_argument("--by-font", action="store_true")
    parser.add_argument("--stretch", type=float, default=1.0)
    parser.add_argument("--limit", type=int)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = load(args.checkpoint)
    for path in args.lines:
        print(evaluate_file(model, path, args.limit, args.by_font))
    for folder in args.real:
        print(evaluate_real(model, folder, False, True, args.stretch))
    for folder in args.test:
        print(evaluate_real(model, folder, True, False, args.stretch))


if __name__ == "__main__":
    main()
