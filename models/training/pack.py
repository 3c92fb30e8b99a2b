"""Pre-drawn lines in a file small enough to ship: what adapting rehearses, and what every model is judged on.

A pack is `SOBOPACK`, the version and the height of its crops (two little-endian u32), then for each line the length of
its description (u32), the description (JSON: `text`, `ink`, `field`), the length of its picture (u32) and the picture
(grey JPEG). `crates/sobo-cli/src/commands/adapt/pack.rs` reads the same.

    python pack.py --lines "sobo-synth lines --fonts train --seed 71" --count 4500 ../rehearsal/teach.lines
    python pack.py --lines "sobo-synth lines --fonts heldout --seed 900071" --count 600 ../rehearsal/judge.lines
"""

import argparse
import io
import json
import shlex
import struct
from pathlib import Path

import numpy as np
from PIL import Image

import stream
from alphabet import encode, normalise
from model_size import HEIGHT

MAGIC = b"SOBOPACK"
VERSION = 1
#: Long lines take room and time and teach no more than short ones.
WIDEST = 640
QUALITY = 60


def read_pack(path: Path):
    """Yields `(image, description)` of every line: uint8 `[48, w]` and a dictionary."""
    data = path.read_bytes()
    if data[:8] != MAGIC or struct.unpack_from("<II", data, 8) != (VERSION, HEIGHT):
        raise SystemExit(f"{path} is no pack of lines this program reads")
    at = 16
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        about = json.loads(data[at + 4 : at + 4 + size])
        at += 4 + size
        (size,) = struct.unpack_from("<I", data, at)
        yield np.asarray(Image.open(io.BytesIO(data[at + 4 : at + 4 + size])).convert("L")), about
        at += 4 + size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", required=True, help="command that streams lines to its standard output")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--quality", type=int, default=QUALITY)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    kept = 0
    with args.out.open("wb") as out:
        out.write(MAGIC + struct.pack("<II", VERSION, HEIGHT))
        for line in stream.run(shlex.split(args.lines)):
            text = normalise(line.text)
            if line.image.shape[1] > WIDEST or encode(text) is None:
                continue
            about = {"text": text, "ink": line.meta.get("ink", ""), "field": line.meta.get("field", "text")}
            head = json.dumps(about, ensure_ascii=False, separators=(",", ":")).encode()
            picture = io.BytesIO()
            Image.fromarray(line.image).save(picture, "JPEG", quality=args.quality, optimize=True)
            body = picture.getvalue()
            out.write(struct.pack("<I", len(head)) + head + struct.pack("<I", len(body)) + body)
            kept += 1
            if kept == args.count:
                break
    print(f"{kept} lines, {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
