"""Reads the binary stream of `sobo-synth lines`: labelled line crops, straight from memory."""

import json
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HEADER = struct.Struct("<8sII")


@dataclass
class Line:
    """One labelled crop: `image` is uint8 `[48, w]`, dark ink on light paper."""

    text: str
    image: np.ndarray
    meta: dict


def lines(source):
    """Yields the lines of an open binary stream until it ends."""
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        raise ValueError("the line stream ended before its header")
    _, _, height = HEADER.unpack(header)
    while True:
        size = source.read(4)
        if len(size) < 4:
            return
        meta = json.loads(source.read(struct.unpack("<I", size)[0]))
        (width,) = struct.unpack("<I", source.read(4))
        pixels = source.read(width * height)
        if len(pixels) < width * height:
            return
        yield Line(meta["text"], np.frombuffer(pixels, np.uint8).reshape(height, width), meta)


def run(command: list[str]):
    """Starts a generator and yields its lines."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=1 << 20)
    try:
        yield from lines(process.stdout)
    finally:
        process.kill()
        process.wait()


def read_file(path: Path):
    """Yields the lines of a stream kept on disk."""
    with open(path, "rb") as source:
        yield from lines(source)
