"""How hard synthetic pages are beside another set of pages: what the `tesseract` program and AsterOCR make of the same kind
of line from both. Lines (values and printed labels) are cut out by the quads of the truth, so that layout plays no part; a
line with more than 5 % of its ink lost is left out. Both engines are baselines only, on one thread; nothing leaves the machine.

    python difficulty.py --ours PAGES --theirs OTHER_PAGES --lines 150

prints, for each kind of writing and level of decay, both character error rates on both sets and ours over theirs, with a 95 %
interval that draws whole pages (lines of a page share hand, form and damage)."""

import argparse
import json
import random
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from alphabet import normalise
from baselines import Aster
from evaluate import distance

KINDS = ["handwritten", "typed", "printed"]
LEVELS = ["light", "medium", "heavy"]
# Above the tops and below the feet of letters, left and right of them, as shares of the line's height.
MARGIN = 0.12
LOST = 0.05


def lines_of(truth: dict):
    """Kind, text and quad of every line that is whole."""
    for entry in truth["entries"]:
        for field in entry["fields"].values():
            # A word struck out lies before the value: its box does not tell where.
            if field["lost"] < LOST and not field.get("struck"):
                for line in field["lines"]:
                    yield field["kind"], line["text"], line["quad"]
    for label in truth["printed"]:
        if label["lost"] < LOST:
            yield "label", label["text"], label["quad"]


def crop(image: Image.Image, quad) -> np.ndarray:
    """The line, upright."""
    points = np.asarray(quad, np.float64)
    across = (points[1] - points[0] + points[2] - points[3]) / 2
    down = (points[3] - points[0] + points[2] - points[1]) / 2
    width, height = np.hypot(*across), np.hypot(*down)
    margin = MARGIN * height
    u, v = across / max(width, 1) * margin, down / max(height, 1) * margin
    corners = [points[0] - u - v, points[3] - u + v, points[2] + u + v, points[1] + u - v]
    size = (max(8, round(width + 2 * margin)), max(8, round(height + 2 * margin)))
    data = [float(value) for corner in corners for value in corner]
    return np.asarray(image.transform(size, Image.Transform.QUAD, data, Image.Resampling.BILINEAR, fillcolor=255))


def sample(folder: Path, lines: int, seed: int):
    """Lines of every kind and level: `(kind, level) -> [(page, text, crop)]`, the same number from every page at first."""
    pages = [(path, json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))]
    cells = defaultdict(list)
    for page, (path, truth) in enumerate(pages):
        own = list(lines_of(truth))
        random.Random(seed * 1000 + page).shuffle(own)
        rank = defaultdict(int)
        for kind, text, quad in own:
            if normalise(text):
                rank[kind] += 1
                cells[kind, truth["level"]].append((rank[kind], page, normalise(text), quad))
    wanted = defaultdict(list)
    for cell, found in cells.items():
        for _, page, text, quad in sorted(found, key=lambda line: line[:2])[:lines]:
            wanted[page].append((cell, text, quad))
    out = defaultdict(list)
    for page, (path, truth) in enumerate(pages):
        if page in wanted:
            image = Image.open(path.with_name(truth["page"])).convert("L")
            for cell, text, quad in wanted[page]:
                out[cell].append((page, text, crop(image, quad)))
    return out


def tesseract(crops: list[np.ndarray]) -> list[str]:
    """Readings as single lines, Vietnamese; one run of the program, so that its weights are loaded once."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for index, pixels in enumerate(crops):
            names.append(str(Path(folder) / f"{index:05}.png"))
            Image.fromarray(pixels).save(names[-1], dpi=(300, 300))
        listing = Path(folder) / "list.txt"
        listing.write_text("\n".join(names) + "\n")
        command = ["tesseract", str(listing), "-", "-l", "vie", "--psm", "7"]
        run = subprocess.run(command, capture_output=True, text=True, check=True, env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/local/bin:/usr/bin:/bin"})
    pages = run.stdout.split("\f")
    if len(pages) < len(crops):
        raise SystemExit(f"tesseract read {len(pages)} of {len(crops)} lines")
    return [normalise(page) for page in pages[: len(crops)]]


def rates(found, readings):
    """Errors and characters by page."""
    sums = defaultdict(lambda: [0, 0])
    for (page, text, _), reading in zip(found, readings):
        sums[page][0] += distance(reading, text)
        sums[page][1] += len(text)
    return np.array(list(sums.values()), np.float64)


def rate(pages: np.ndarray) -> float:
    return pages[:, 0].sum() / max(pages[:, 1].sum(), 1)


def interval(ours: np.ndarray, theirs: np.ndarray, rounds: int = 1000) -> tuple[float, float]:
    """95 % of the ratios when pages are drawn anew."""
    chance = np.random.default_rng(1)
    draw = lambda pages: rate(pages[chance.integers(0, len(pages), len(pages))])
    ratios = [draw(ours) / max(draw(theirs), 1e-9) for _ in range(rounds)]
    return tuple(np.percentile(ratios, [2.5, 97.5]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, required=True, help="folder of pages with truth")
    parser.add_argument("--theirs", type=Path, required=True, help="folder of pages to be as hard as")
    parser.add_argument("--lines", type=int, default=150, help="at most so many lines of each kind and level")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path, help="keeps the engines' readings of THEIRS, to be used again")
    args = parser.parse_args()
    aster = Aster()
    engines = {"tesseract": tesseract, "AsterOCR": lambda crops: [normalise(aster.read(pixels)) for pixels in crops]}

    def read(folder):
        out = {}
        for cell, found in sample(folder, args.lines, args.seed).items():
            crops = [pixels for _, _, pixels in found]
            out[cell] = {name: rates(found, engine(crops)) for name, engine in engines.items()} | {"lines": len(found)}
        return out

    key = f"{args.theirs}-{args.lines}-{args.seed}"
    cached = np.load(args.cache, allow_pickle=True).item() if args.cache and args.cache.exists() else {}
    if key not in cached:
        cached[key] = read(args.theirs)
        if args.cache:
            np.save(args.cache, cached, allow_pickle=True)
    theirs = cached[key]
    ours = read(args.ours)
    print("| kind | level | lines ours, theirs | " + " | ".join(f"{name} ours | theirs | ratio" for name in engines) + " |")
    print("|---|---|---|" + "---|" * 3 * len(engines))
    for kind in [*KINDS, "label"]:
        for level in LEVELS:
            one, two = ours.get((kind, level)), theirs.get((kind, level))
            if not one or not two:
                continue
            cells = []
            for name in engines:
                a, b = one[name], two[name]
                low, high = interval(a, b)
                cells += [f"{100 * rate(a):.1f}", f"{100 * rate(b):.1f}", f"{rate(a) / max(rate(b), 1e-9):.2f} [{low:.2f}–{high:.2f}]"]
            print(f"| {kind} | {level} | {one['lines']}, {two['lines']} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
