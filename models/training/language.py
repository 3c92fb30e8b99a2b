"""Builds the character model `models/language.bin` that decoding leans on, from the texts of synthetic lines.

Witten-Bell n-grams of up to six characters for each group of field kinds and for all together; digits are one
symbol; rare n-grams are dropped and their weight given back to shorter ones. `crates/sobo-read/src/decode/language.rs`
reads the table.
"""

import argparse
import math
import shlex
import struct
from collections import Counter, defaultdict
from pathlib import Path

import stream
from alphabet import ALPHABET, encode, normalise

ORDER = 6
QUANTUM = 0.1
GROUPS = {
    1: {"person_name"},
    2: {"date", "time", "number", "identity", "year", "age"},
    3: {"date_words"},
    4: {"place"},
    5: {"sex", "ethnicity", "nationality", "occupation", "relation", "cause", "registration_type"},
}
DIGIT = ALPHABET.index("0") + 1
END, BEGIN = len(ALPHABET) + 1, len(ALPHABET) + 2
#: Least count of an n-gram of each order, general model and field models.
LEAST = {0: (1, 2, 3, 4, 5, 6), 1: (1, 2, 3, 4, 5, 6)}


def symbols(classes):
    return [DIGIT if ALPHABET[c - 1].isdigit() and ALPHABET[c - 1].isascii() else c for c in classes]


def fnv(group, key) -> int:
    value = 0xCBF29CE484222325
    for symbol in (group, *key):
        value = ((value ^ symbol) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    value ^= value >> 29
    return (value * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF


def count(texts: Counter):
    """Counts of n-grams of every order."""
    counts = [Counter() for _ in range(ORDER + 1)]
    for text, times in texts.items():
        sequence = [BEGIN, *symbols(encode(text)), END]
        for end in range(1, len(sequence)):
            for order in range(1, min(ORDER, end + 1) + 1):
                counts[order][tuple(sequence[end + 1 - order : end + 1])] += times
    return counts


def model(counts, least):
    """Log probabilities of kept n-grams and back-off weights of their contexts."""
    probability = {}
    total = sum(counts[1].values())
    for symbol in range(1, END + 1):
        if symbol != DIGIT and symbol <= len(ALPHABET) and ALPHABET[symbol - 1].isascii() and ALPHABET[symbol - 1].isdigit():
            continue
        probability[(symbol,)] = (counts[1][(symbol,)] + 0.5) / (total + 0.5 * END)
    followers, mass = defaultdict(int), defaultdict(int)
    for order in range(2, ORDER + 1):
        for key, times in counts[order].items():
            followers[key[:-1]] += 1
            mass[key[:-1]] += times
    full = dict(probability)
    kept = defaultdict(list)
    for order in range(2, ORDER + 1):
        for key, times in counts[order].items():
            context = key[:-1]
            shorter = full[key[1:]]
            full[key] = (times + followers[context] * shorter) / (mass[context] + followers[context])
            if times >= least[order - 1]:
                kept[context].append(key)
    weights = {}
    entries = dict(probability)
    for context, keys in kept.items():
        for key in keys:
            entries[key] = full[key]
    for context, keys in kept.items():
        used = sum(full[key] for key in keys)
        below = sum(full[key[1:]] for key in keys)
        weights[context] = max(1e-6, 1 - used) / max(1e-6, 1 - below)
    return entries, weights


def quantise(value: float) -> int:
    return max(0, min(255, round(-math.log(max(value, 1e-11)) / QUANTUM)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", required=True, help="command that streams lines to its standard output")
    parser.add_argument("--texts", type=Path, action="append", default=[], help="further texts, `field<TAB>text` a line")
    parser.add_argument("--prune", type=int, default=0, help="added to the least counts of orders above two")
    parser.add_argument("--bits", type=int, default=19)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    texts = defaultdict(Counter)

    def add(field, text):
        text = normalise(text)
        if not text or encode(text) is None:
            return
        texts[0][text] += 1
        for group, fields in GROUPS.items():
            if field in fields:
                texts[group][text] += 1

    for line in stream.run(shlex.split(args.lines)):
        add(line.meta.get("field", "text"), line.text)
    for path in args.texts:
        for row in path.read_text("utf-8").splitlines():
            add(*row.split("\t", 1))
    slots = 1 << args.bits
    for extra in range(args.prune, args.prune + 12):
        everything = {}
        for group in range(len(GROUPS) + 1):
            least = [1, 2] + [n + extra for n in (2, 2, 3, 3)]
            entries, weights = model(count(texts[group]), least)
            for key in set(entries) | set(weights):
                everything[(group, key)] = (quantise(entries[key]) if key in entries else 255, quantise(weights.get(key, 1.0)))
        print(f"least counts {least}: {len(everything)} n-grams", flush=True)
        if len(everything) <= 0.8 * slots:
            break
    fingerprints, values = [0] * slots, bytearray(2 * slots)
    for (group, key), (probability, weight) in everything.items():
        value = fnv(group, key)
        slot = value & (slots - 1)
        while fingerprints[slot]:
            slot = (slot + 1) & (slots - 1)
        fingerprints[slot] = max(1, value >> 32)
        values[2 * slot : 2 * slot + 2] = bytes((probability, weight))
    head = b"SOBOLM01" + struct.pack("<II", len(ALPHABET), args.bits)
    args.out.write_bytes(head + struct.pack(f"<{slots}I", *fingerprints) + values)


if __name__ == "__main__":
    main()
