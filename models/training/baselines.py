"""What other engines make of the same lines: AsterOCR (PyPI `asterocr`), on one thread. A baseline only: neither
start nor teacher of our weights, since the licence of its training data is not stated.

Its published preprocessing centres pixels on zero; the weights in the wheel want them scaled 0..1, which is what is
done here (and what makes it as good as it can be). Nothing leaves the machine: its own front end is not used."""

import argparse
import time
import unicodedata
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

import stream
from alphabet import normalise
from data import real_lines
from evaluate import bare, report


class Aster:
    def __init__(self):
        import asterocr
        from asterocr.vocab import default_vocab

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = Path(asterocr.__file__).parent / "assets" / "asternet.onnx"
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.characters = default_vocab.idx2char

    def read(self, image: np.ndarray) -> str:
        height, width = image.shape
        target = (max(32, int(width * 32 / height)) + 3) // 4 * 4
        resized = Image.fromarray(image).convert("RGB").resize((target, 32), Image.Resampling.BILINEAR)
        pixels = np.asarray(resized, np.float32).transpose(2, 0, 1)[None] / 255.0
        output = self.session.run(None, {self.input: pixels})[0]
        best = output.reshape(-1, output.shape[-1]).argmax(-1)
        text, last = [], 0
        for value in best:
            if value != last and value != 0:
                text.append(self.characters.get(int(value), ""))
            last = value
        return unicodedata.normalize("NFC", " ".join("".join(text).split()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=Path, help="stream file of labelled lines")
    parser.add_argument("--test", type=Path, action="append", default=[], help="labelled folder, without case and punctuation")
    parser.add_argument("--limit", type=int, default=400)
    args = parser.parse_args()
    engine = Aster()
    if args.lines:
        lines = [line for _, line in zip(range(args.limit), stream.read_file(args.lines))]
        texts, used = [], []
        for line in lines:
            started = time.process_time()
            texts.append(engine.read(line.image))
            used.append(time.process_time() - started)
        names = [[line.meta["ink"], "style:" + line.meta["style"], line.meta["ink"] + "/" + line.meta["level"]] for line in lines]
        print("AsterOCR " + report([(g, normalise(line.text)) for g, line in zip(texts, lines)], names))
        print(f"AsterOCR {1000 * float(np.median(used)):.1f} ms of processor time a line (median)")
    for folder in args.test:
        lines = real_lines(folder, True, share=2.0)
        pairs = [(bare(engine.read(image)), bare(text)) for image, text in lines]
        print(f"AsterOCR {folder.name}: " + report(pairs, [["all"]] * len(pairs)))


if __name__ == "__main__":
    main()
