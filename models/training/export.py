"""Exports a checkpoint to `models/`: `reader.onnx` and `reader.toml`, checked against torch before they are written."""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch

from alphabet import ALPHABET
from evaluate import load
from model_size import HEIGHT, STRIDE

#: Until it is calibrated: trust the lead of the best text and the least sure letter, and accept nothing lightly.
UNCALIBRATED = {"weights": [0.5, 0.3, 0.3, 0.0, 0.0, 0.0, 1.0], "threshold": 0.99, "tables": []}


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def manifest(folder: Path, calibration: dict, language: dict | None) -> str:
    rows = [
        "# Description of the neural line reader. Written by models/training/export.py; do not edit.",
        "format = 1",
        'model = "reader.onnx"',
        f'model_sha256 = "{sha256(folder / "reader.onnx")}"',
        f"alphabet = {quoted(ALPHABET)}",
        f"height = {HEIGHT}",
        f"stride = {STRIDE}",
        "# Readings at least this sure were right in 99.5 of 100 held-out lines.",
        f"threshold = {calibration['threshold']:.4f}",
    ]
    if language and (folder / "language.bin").exists():
        rows += [
            "",
            "[language]",
            'file = "language.bin"',
            f'sha256 = "{sha256(folder / "language.bin")}"',
            f"weight = {language['weight']}",
            f"bonus = {language['bonus']}",
            f"beam = {language['beam']}",
        ]
    rows += ["", "[confidence]", f"weights = {json.dumps([round(w, 5) for w in calibration['weights']])}"]
    for table in calibration["tables"]:
        points = ", ".join(f"[{x:.5f}, {y:.5f}]" for x, y in table["points"])
        rows += ["", "[[confidence.table]]", f"kinds = {json.dumps(table['kinds'])}", f"points = [{points}]"]
    return "\n".join(rows) + "\n"


def export_network(checkpoint: Path, folder: Path) -> None:
    """Writes `reader.onnx`. Where onnxruntime is installed, its output is compared with torch's."""
    model = load(checkpoint)
    # The head that only helps training to start does not ship.
    del model.early_head
    path = folder / "reader.onnx"
    torch.onnx.export(
        model, (torch.zeros(2, 1, HEIGHT, 160),), str(path), input_names=["image"], output_names=["log_probabilities"],
        dynamic_axes={"image": {0: "lines", 3: "width"}, "log_probabilities": {0: "lines", 1: "steps"}},
        opset_version=17, dynamo=False,
    )
    try:
        import onnxruntime
    except ImportError:
        return
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for width in (16, 160, 648):
        image = np.random.default_rng(width).random((1, 1, HEIGHT, width), np.float32)
        with torch.no_grad():
            want = model(torch.from_numpy(image)).numpy()
        worst = max(worst, float(np.abs(session.run(None, {"image": image})[0] - want).max()))
    print(f"largest difference from torch {worst:.1e}; {path.stat().st_size / 1e6:.1f} MB", file=sys.stderr)
    if worst > 1e-2:
        raise SystemExit("the exported network differs from the trained one")


def describe(folder: Path, calibration=None, weight=0.3, bonus=0.3, beam=8) -> None:
    """Writes `reader.toml` for what lies in the folder."""
    language = {"weight": weight, "bonus": bonus, "beam": beam}
    (folder / "reader.toml").write_text(manifest(folder, calibration or UNCALIBRATED, language), "utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, nargs="?", help="checkpoint; without one only the description is written anew")
    parser.add_argument("--models", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--calibration", type=Path, help="what calibrate.py wrote")
    parser.add_argument("--weight", type=float, default=0.3)
    parser.add_argument("--bonus", type=float, default=0.3)
    parser.add_argument("--beam", type=int, default=8)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.checkpoint:
        export_network(args.checkpoint, args.models)
    calibration = json.loads(args.calibration.read_text()) if args.calibration else None
    describe(args.models, calibration, args.weight, args.bonus, args.beam)


if __name__ == "__main__":
    main()
