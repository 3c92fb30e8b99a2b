"""Trains the line reader on one core: streamed synthetic lines, some real ones, bfloat16, an end at a given time."""

import argparse
import copy
import math
import os
import multiprocessing
import time
from pathlib import Path

# Set before torch loads: one compiled convolution per shape and layer, all kept.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "8192")

import torch
import torch.nn.functional as F

from alphabet import ALPHABET
from data import Feeder
from evaluate import evaluate_file
from model import Reader
from model_size import STRIDE


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", action="append", required=True, help="command that streams lines (may be repeated)")
    parser.add_argument("--real", action="append", default=[], help="folder of real labelled lines that may be trained on")
    parser.add_argument("--real-share", type=float, default=0.06)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--minutes", type=float, required=True, help="length of the whole run, earlier parts of it included")
    parser.add_argument("--resume", type=Path, help="checkpoint to go on from")
    parser.add_argument("--restart-schedule", action="store_true", help="take the weights of --resume, not its clock")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--warmup", type=int, default=400)
    parser.add_argument("--evaluate", type=Path, help="stream file of held-out lines")
    parser.add_argument("--evaluate-every", type=float, default=10.0, help="minutes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--log-every", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


class Average:
    """Exponential moving average of weights and buffers: what is evaluated and shipped."""

    def __init__(self, model, decay=0.9995):
        self.model = copy.deepcopy(model).eval()
        self.decay, self.count = decay, 0

    @torch.no_grad()
    def update(self, model):
        self.count += 1
        decay = min(self.decay, (1 + self.count) / (10 + self.count))
        own = [t for t in self.model.state_dict().values() if t.dtype.is_floating_point]
        new = [t for t in model.state_dict().values() if t.dtype.is_floating_point]
        torch._foreach_lerp_(own, new, 1 - decay)


def loss_of(model, packed, early):
    pixels, labels, lengths, _ = packed
    x = torch.from_numpy(pixels).unsqueeze(1).float().mul_(1.5 / 255).sub_(0.25)
    x = x.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = model(x, early=early)
    outputs = outputs if early else (outputs,)
    labels, lengths = torch.from_numpy(labels).long(), torch.from_numpy(lengths).long()
    steps = torch.full((x.shape[0],), x.shape[3] // STRIDE)
    total = 0.0
    for weight, output in zip((1.0, 0.4), outputs):
        total = total + weight * F.ctc_loss(output.transpose(0, 1), labels, steps, lengths, zero_infinity=True)
    return total


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    model = Reader(len(ALPHABET) + 1).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=0.02, betas=(0.9, 0.98), fused=True)
    average = Average(model)
    step = seen = 0
    before = 0.0
    if args.resume:
        saved = torch.load(args.resume, weights_only=True)
        # The weights that were shipped carry no optimiser: training goes on from their average.
        model.load_state_dict(saved.get("model", saved["average"]))
        average.model.load_state_dict(saved["average"])
        average.count = saved["step"]
        if "optimiser" in saved:
            optimiser.load_state_dict(saved["optimiser"])
        step, seen = saved["step"], saved["seen"]
        before = 0.0 if args.restart_schedule else saved["seconds"]

    context = multiprocessing.get_context("spawn")
    queue = context.Queue(maxsize=24)
    feeder = Feeder(queue, args.lines, args.real, args.real_share, seed=args.seed + step,
                    short_first=0 if args.resume else 60_000)
    feeder.start()

    def save(name):
        torch.save({"model": model.state_dict(), "average": average.model.state_dict(), "optimiser": optimiser.state_dict(),
                    "config": model.config, "alphabet": ALPHABET, "step": step, "seen": seen, "seconds": before + clock()},
                   args.out / name)

    packed, status = queue.get()
    started = time.time()
    clock = lambda: time.time() - started
    running, window, waited = None, time.time(), 0.0
    window_seen, cpu_window = seen, time.process_time()
    next_save, next_evaluation = 240.0, args.evaluate_every * 60
    while True:
        progress = (before + clock()) / (args.minutes * 60)
        if progress >= 1:
            break
        rate = args.rate * min(1.0, (step + 1) / args.warmup) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = loss_of(model, packed, early=step < 4000)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        if torch.isfinite(norm):
            optimiser.step()
            average.update(model)
        value = float(loss.detach())
        running = value if running is None else 0.98 * running + 0.02 * value
        step += 1
        seen += packed[0].shape[0]
        if step % args.log_every == 0:
            span = time.time() - window
            cpu, cpu_window = time.process_time() - cpu_window, time.process_time()
            print(f"{(before + clock()) / 60:6.1f} min step {step} seen {seen} loss {running:.3f} norm {float(norm):.2f} "
                  f"rate {rate:.5f} lines/s {(seen - window_seen) / span:.0f} cpu {cpu / span:.0%} waited {waited / span:.0%} "
                  f"drawn {status[0]} at {status[2]:.0f}/s", flush=True)
            window, window_seen, waited = time.time(), seen, 0.0
        if clock() > next_save:
            next_save += 240
            save("last.pt")
        if args.evaluate and clock() > next_evaluation:
            next_evaluation += args.evaluate_every * 60
            print(f"step {step} " + evaluate_file(average.model, args.evaluate, limit=500), flush=True)
        before_wait = time.time()
        packed, status = queue.get()
        waited += time.time() - before_wait
    save("last.pt")
    save("final.pt")
    feeder.terminate()
    if args.evaluate:
        print("final " + evaluate_file(average.model, args.evaluate), flush=True)


if __name__ == "__main__":
    main()
