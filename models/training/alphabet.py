"""The letters the reader knows. Class 0 is the CTC blank; class i is ALPHABET[i - 1]."""

import unicodedata

_VOWELS = "aăâeêioôơuưy"
_TONES = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
_BASE = "bcdfghjklmnpqrstvxzw"
_FRENCH = "çéèêëàâîïôùûüÿœæñäö"
_DIGITS = "0123456789"
# Punctuation and the signs registers use: ditto marks, ordinals, fractions, numero, currency, editors' brackets.
_SIGNS = " .,;:!?'\"()[]-–—/\\&%+=*#_@~|<>^°º§×½¼¾€$£«»“”‘’„…″〃№"


def _vietnamese() -> list[str]:
    letters = list(_BASE) + ["đ"]
    for vowel in _VOWELS:
        letters += [unicodedata.normalize("NFC", vowel + tone) for tone in _TONES]
    return letters


def _build() -> str:
    lower = _vietnamese() + list(_FRENCH)
    ordered: dict[str, None] = {}
    for char in list(_SIGNS) + list(_DIGITS) + lower + [c.upper() for c in lower if len(c.upper()) == 1]:
        ordered.setdefault(char)
    return "".join(ordered)


ALPHABET = _build()
_INDEX = {char: index + 1 for index, char in enumerate(ALPHABET)}
# What a label may hold that is drawn the same as a letter we know.
_SAME = {"\u00a0": " ", "\u2032": "'", "\u2033": "″", "`": "'", "´": "'", "•": ".", "\u2011": "-", "−": "-", "⁄": "/", "ð": "đ", "Ð": "Đ"}


def normalise(text: str) -> str:
    """NFC, white space collapsed, look-alikes unified."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(_SAME.get(char, char) for char in text)
    return " ".join(text.split())


def encode(text: str) -> list[int] | None:
    """Class indices of a normalised text, or None when it holds a character outside the alphabet."""
    try:
        return [_INDEX[char] for char in text]
    except KeyError:
        return None


def decode(classes) -> str:
    """Greedy CTC: repeats joined, blanks dropped."""
    out, last = [], 0
    for value in classes:
        value = int(value)
        if value != last and value != 0:
            out.append(ALPHABET[value - 1])
        last = value
    return "".join(out)
