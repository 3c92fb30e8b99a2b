"""Sharpens `language.bin` with verified texts: names, streets and occupations of an office, without harming rare ones.

The table holds fingerprints, not n-grams, so nothing can be counted anew. What verified texts say is added instead: an
n-gram they hold gets the mixture of what the table gave it and its share among them, and never less than before. No
text becomes less likely than it was, so no rare name is harmed; the common ones of the office become cheaper.
"""

import struct
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from alphabet import ALPHABET, encode, normalise
from language import BEGIN, DIGIT, END, GROUPS, ORDER, QUANTUM, count, fnv, quantise

#: Verified occurrences of a context that weigh as much as all the table knows of it.
TRUST = 12.0
#: Fullest the table may become.
FULLEST = 0.93
#: Occurrences an n-gram needs: what was written once may be a slip or a person's secret.
LEAST = 2


class Table:
    """A character model as `crates/sobo-read/src/decode/language.rs` reads it."""

    def __init__(self, data: bytes):
        letters, self.bits = struct.unpack_from("<II", data, 8)
        if data[:8] != b"SOBOLM01" or letters != len(ALPHABET):
            raise SystemExit("the language model is of another alphabet or format")
        slots = 1 << self.bits
        self.fingerprints = np.frombuffer(data, "<u4", slots, 16).copy()
        self.values = np.frombuffer(data, np.uint8, 2 * slots, 16 + 4 * slots).reshape(slots, 2).copy()
        self.mask, self.used = slots - 1, int((self.fingerprints != 0).sum())

    def slot(self, group, key) -> int:
        """Where an n-gram stands, or the empty slot where it would."""
        value = fnv(group, key)
        mark, slot = max(1, value >> 32), value & self.mask
        while self.fingerprints[slot] not in (0, mark):
            slot = (slot + 1) & self.mask
        return slot

    def probability(self, group, key) -> float:
        backed_off = 0.0
        for start in range(len(key)):
            slot = self.slot(group, key[start:])
            if self.fingerprints[slot] and self.values[slot][0] < 255:
                return float(np.exp(-QUANTUM * float(self.values[slot][0]) - backed_off))
            if start + 1 < len(key):
                slot = self.slot(group, key[start:-1])
                if self.fingerprints[slot]:
                    backed_off += QUANTUM * float(self.values[slot][1])
        return 0.0

    def set(self, group, key, probability) -> bool:
        """Raises an n-gram's probability; false where the table is full."""
        slot = self.slot(group, key)
        if not self.fingerprints[slot]:
            if self.used >= FULLEST * (self.mask + 1):
                return False
            self.fingerprints[slot] = max(1, fnv(group, key) >> 32)
            # No weight of its own: texts that go on otherwise cost what they cost before.
            self.values[slot] = (255, 0)
            self.used += 1
        self.values[slot][0] = min(int(self.values[slot][0]), quantise(probability))
        return True

    def bytes(self) -> bytes:
        return b"SOBOLM01" + struct.pack("<II", len(ALPHABET), self.bits) + self.fingerprints.tobytes() + self.values.tobytes()


def adapt_language(start: Path, texts, out: Path, trust=TRUST) -> int:
    """Writes `out`: the model of `start` sharpened with `(kind, text)` pairs. Gives the number of n-grams learned."""
    table = Table(start.read_bytes())
    by_group = defaultdict(Counter)
    for kind, text in texts:
        text = normalise(text)
        if not text or encode(text) is None:
            continue
        by_group[0][text] += 1
        for group, kinds in GROUPS.items():
            if kind in kinds:
                by_group[group][text] += 1
    wanted = []
    for group, counted in by_group.items():
        counts = count(counted)
        mass = Counter()
        for order in range(1, ORDER + 1):
            for key, times in counts[order].items():
                mass[key[:-1]] += times
        for order in range(1, ORDER + 1):
            for key, times in counts[order].items():
                if times < LEAST:
                    continue
                seen = mass[key[:-1]]
                share = seen / (seen + trust)
                before = table.probability(group, key)
                mixed = (1 - share) * before + share * times / seen
                if mixed > before:
                    wanted.append((times, group, key, mixed))
    # The commonest first, should the table fill up; shorter n-grams before the longer ones that lean on them.
    wanted.sort(key=lambda item: (-item[0], len(item[2])))
    learned = sum(table.set(group, key, mixed) for _, group, key, mixed in wanted)
    out.write_bytes(table.bytes())
    return learned
