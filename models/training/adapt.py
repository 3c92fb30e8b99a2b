"""Teaches a reader from lines that clerks verified: from shipped weights, beside rehearsed synthetic lines, on a CPU.

    python adapt.py --start reader.pt --lines LINES --rehearsal ../rehearsal/teach.lines --out MODEL

`LINES` holds `labels.tsv` (`file<TAB>text`, further columns: page, kind of field, lacuna) and the line images. `MODEL`
gets `adapted.pt`, `reader.onnx`, `language.bin` and an uncalibrated `reader.toml`. One JSON object a line is printed.
Broken off (SIGINT, SIGTERM, power), the same command goes on where it was. Nothing here uses the network.
"""

import argparse
import copy
import hashlib
import json
import math
import os
import shutil
import signal
import time
from pathlib import Path

# Set before torch loads: one compiled convolution per shape and layer, all kept.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "8192")

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from alphabet import ALPHABET, encode, normalise
from augment import augment
from data import WIDEST, WIDTHS, bucket, fits, pack
from language_adapt import adapt_language
from model import Reader
from model_size import HEIGHT, STRIDE
from pack import read_pack
from train import Average

#: Pixel columns of a batch: smaller than in training from nothing, for there are fewer lines to average over.
COLUMNS = 8_000
#: How often a line is shown: often where there are few, and never less than the last.
VIEWS, MOST_TIMES, LEAST_TIMES = 3_600, 20, 6
SAVE_SECONDS = 60.0
EXIT_BROKEN_OFF = 130


#: Filled when somebody wants it to end.
stopped = []


def say(**what):
    try:
        print(json.dumps(what, ensure_ascii=False), flush=True)
    except BrokenPipeError:
        # Nobody listens any more: what was learned is kept.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        stopped.append(True)


def default_views(lines: int) -> int:
    """How many times verified lines are shown, all together."""
    return lines * min(MOST_TIMES, max(LEAST_TIMES, VIEWS // max(1, lines)))


def verified_lines(folder: Path, limit=None):
    """`(image, classes)` of the folder's lines, and their `(kind, text)` for the language model."""
    pool, texts, left_out = [], [], 0
    rows = [row for row in (folder / "labels.tsv").read_text("utf-8").splitlines() if row]
    for row in rows[:limit]:
        name, text, _, kind, lacuna = (row.split("\t") + ["", "", ""])[:5]
        text = normalise(text)
        classes = encode(text)
        # Of a lacuna only the blank one teaches: nothing is there, nothing is to be read. What is torn or illegible
        # has no text that could be right.
        if classes is None or (not text and lacuna != "blank"):
            left_out += 1
            continue
        image = Image.open(folder / name).convert("L")
        width = max(8, round(image.width * HEIGHT / image.height))
        if width > WIDEST or not fits(classes, width):
            left_out += 1
            continue
        pool.append((np.asarray(image.resize((width, HEIGHT), Image.Resampling.LANCZOS)), classes))
        texts.append((kind or "text", text))
    return pool, texts, left_out


class Mixer:
    """Draws verified and rehearsed lines, varies them, and packs batches of one width."""

    def __init__(self, pool, rehearsed, share, seed):
        self.pool, self.rehearsed, self.share = pool, rehearsed, share
        self.rng = np.random.default_rng(seed)
        self.order = []
        self.buckets = {width: [] for width in WIDTHS}

    def draw(self):
        if self.rehearsed and self.rng.random() < self.share:
            image, classes, handwritten = self.rehearsed[int(self.rng.integers(len(self.rehearsed)))]
            counts = 0
        else:
            # Every line once before any line twice.
            self.order = self.order or list(self.rng.permutation(len(self.pool)))
            image, classes = self.pool[self.order.pop()]
            handwritten, counts = True, 1
        other = self.rehearsed[int(self.rng.integers(len(self.rehearsed)))][0] if self.rehearsed else None
        return augment(image, self.rng, handwritten, other), classes, counts

    def batch(self):
        """A packed batch, and for each of its lines 1 where it is a verified one."""
        while True:
            image, classes, counts = self.draw()
            if image.shape[1] > WIDEST or not fits(classes, image.shape[1]):
                continue
            width = bucket(image.shape[1])
            rows = self.buckets[width]
            rows.append((image, classes, counts))
            if len(rows) >= max(1, min(48, COLUMNS // width)):
                self.buckets[width] = []
                shown = [row[2] for row in rows]
                return pack([(image, classes) for image, classes, _ in rows]), shown


def teaching(model):
    """Training mode, but with the batch statistics of the shipped weights: a few hundred lines give worse ones."""
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()


def fast_bfloat16() -> bool:
    """Whether bfloat16 saves time here: with AMX only; elsewhere it is emulated."""
    supported = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(supported and supported())


def loss_of(model, packed, shown, shipped, hold, reduced):
    """The CTC loss of a batch, and beside it how far the model has left the shipped one on rehearsed lines."""
    pixels, labels, lengths, _ = packed
    x = torch.from_numpy(pixels).unsqueeze(1).float().mul_(1.5 / 255).sub_(0.25)
    x = x.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=reduced):
        output = model(x).float()
    labels, lengths = torch.from_numpy(labels).long(), torch.from_numpy(lengths).long()
    steps = torch.full((x.shape[0],), x.shape[3] // STRIDE)
    loss = F.ctc_loss(output.transpose(0, 1), labels, steps, lengths, zero_infinity=True)
    rehearsed = [i for i, verified in enumerate(shown) if not verified]
    if hold and rehearsed:
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=reduced):
            before = shipped(x[rehearsed].contiguous(memory_format=torch.channels_last)).float()
        left = F.kl_div(output[rehearsed], before, reduction="none", log_target=True).sum(-1).mean()
        loss = loss + hold * left * len(rehearsed) / len(shown)
    return loss


def fingerprint(args, views) -> str:
    """What a broken-off run must share with this one to be gone on with."""
    digest = hashlib.sha256()
    digest.update((args.lines / "labels.tsv").read_bytes())
    digest.update(args.start.read_bytes())
    digest.update(json.dumps([views, args.rate, args.share, args.hold, args.seed, args.limit]).encode())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--start", type=Path, required=True, help="weights to start from")
    parser.add_argument("--lines", type=Path, required=True, help="folder of verified lines")
    parser.add_argument("--limit", type=int, help="the first so many lines only")
    parser.add_argument("--rehearsal", type=Path, help="pack of synthetic lines mixed in")
    parser.add_argument("--language", type=Path, help="language.bin to start from")
    parser.add_argument("--decoding", type=float, nargs=3, default=[0.4, 0.4, 8], metavar=("WEIGHT", "BONUS", "BEAM"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--views", type=int, help="times verified lines are shown, all together")
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--share", type=float, default=0.4, help="share of rehearsed lines")
    parser.add_argument("--hold", type=float, default=0.0, help="weight of staying with the shipped weights on rehearsed lines")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    pool, texts, left_out = verified_lines(args.lines, args.limit)
    if not pool:
        raise SystemExit(f"{args.lines}: none of its lines can be learned from")
    rehearsed = []
    for image, about in read_pack(args.rehearsal) if args.rehearsal else []:
        classes = encode(about["text"])
        if classes and fits(classes, image.shape[1]):
            rehearsed.append((image, classes, about["ink"] == "handwritten"))
    views = args.views or default_views(len(pool))

    saved = torch.load(args.start, weights_only=True)
    if saved["alphabet"] != ALPHABET:
        raise SystemExit(f"{args.start} was trained with another alphabet")
    model = Reader(**saved["config"]).to(memory_format=torch.channels_last)
    model.load_state_dict(saved["average"])
    shipped = copy.deepcopy(model).eval()
    taught = [p for name, p in model.named_parameters() if not name.startswith("early_head")]
    optimiser = torch.optim.AdamW(taught, lr=args.rate, weight_decay=0.02, betas=(0.9, 0.98))
    average = Average(model, 0.995)
    step = seen = 0
    seconds = processor = 0.0
    mark, unfinished = fingerprint(args, views), args.out / "unfinished.pt"
    if unfinished.exists():
        before = torch.load(unfinished, weights_only=True)
        if before["mark"] == mark:
            model.load_state_dict(before["model"])
            average.model.load_state_dict(before["average"])
            optimiser.load_state_dict(before["optimiser"])
            step, seen, average.count = before["step"], before["seen"], before["step"]
            seconds, processor = before["seconds"], before["processor"]
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.append(True))
    say(event="begin", lines=len(pool), left_out=left_out, rehearsed=len(rehearsed), views=views, step=step, seen=seen)

    started, cpu_started = time.time() - seconds, time.process_time() - processor

    def keep():
        state = {"mark": mark, "model": model.state_dict(), "average": average.model.state_dict(),
                 "optimiser": optimiser.state_dict(), "step": step, "seen": seen,
                 "seconds": time.time() - started, "processor": time.process_time() - cpu_started}
        part = unfinished.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, unfinished)

    teaching(model)
    mixer = Mixer(pool, rehearsed, args.share, args.seed * 1_000_003 + step)
    reduced, loss, kept, told = fast_bfloat16(), None, time.time(), time.time()
    while seen < views:
        packed, shown = mixer.batch()
        seen += sum(shown)
        progress = min(1.0, seen / views)
        rate = args.rate * min(1.0, (step + 1) / 30) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        value = loss_of(model, packed, shown, shipped, args.hold, reduced)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        norm = torch.nn.utils.clip_grad_norm_(taught, 2.0)
        if torch.isfinite(norm):
            optimiser.step()
            average.update(model)
        step += 1
        value = float(value.detach())
        loss = value if loss is None else 0.97 * loss + 0.03 * value
        if stopped:
            keep()
            say(event="stopped", seen=seen, views=views)
            raise SystemExit(EXIT_BROKEN_OFF)
        if time.time() - told > 2:
            told = time.time()
            say(event="progress", seen=seen, views=views, loss=round(loss, 4), seconds=round(time.time() - started, 1))
        if time.time() - kept > SAVE_SECONDS:
            kept = time.time()
            keep()
    minutes, cpu_minutes = (time.time() - started) / 60, (time.process_time() - cpu_started) / 60

    adapted = args.out / "adapted.pt"
    torch.save({"average": average.model.state_dict(), "config": saved["config"], "alphabet": ALPHABET, "step": step,
                "seen": seen, "seconds": minutes * 60}, adapted)
    # Late: exporting needs more than training does.
    import export

    export.export_network(adapted, args.out)
    if args.language:
        learned = adapt_language(args.language, texts, args.out / "language.bin")
        say(event="language", ngrams=learned)
    weight, bonus, beam = args.decoding
    export.describe(args.out, None, weight, bonus, int(beam))
    unfinished.unlink(missing_ok=True)
    start = hashlib.sha256(args.start.read_bytes()).hexdigest()
    say(event="done", start=start, lines=len(pool), views=seen, rehearsal=len(rehearsed), minutes=round(minutes, 2),
        processor_minutes=round(cpu_minutes, 2), seed=args.seed, loss=round(loss or 0.0, 4))


if __name__ == "__main__":
    main()
