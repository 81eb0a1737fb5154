"""A small alphabet of strokes, to write on pictures without a font. Owns its letters only.

A letter is drawn on a grid: each stroke is a row of points, two digits a point, across and up.
Letters stand on 2, capitals reach 8, small letters 6, tails go down to 0. What the alphabet lacks
is written without its accent, or as a box.
"""

from __future__ import annotations

import unicodedata

_SPACE = 3.0
_GAP = 1.7
_ACROSS, _UP = 0.094, 0.118  # of the size of the type

_LETTERS = {
    "A": "022842 1434", "B": "02083847463505 3544433202", "C": "4738180703123243",
    "D": "02082846442202", "E": "48080242 0535", "F": "480802 0535",
    "G": "47381807031232434525", "H": "0802 4842 0545", "I": "1812", "J": "3833221203",
    "K": "0802 4804 1542", "L": "080242", "M": "0208254842", "N": "02084248",
    "O": "183847433212030718", "P": "02083847463505", "Q": "183847433212030718 2442",
    "R": "02083847463505 2542", "S": "473818070615354443321203", "T": "0848 2822",
    "U": "080312324348", "V": "082248", "W": "0812253248", "X": "0842 4802",
    "Y": "082548 2522", "Z": "08480242",
    "a": "4642 4536160503123243", "b": "0802 0516364543321203", "c": "4536160503123243",
    "d": "4842 4536160503123243", "e": "04444536160503123243", "f": "38281712 0626",
    "g": "46413010 4536160503123243", "h": "0802 0516364542", "i": "1612 1818",
    "j": "161100 1818", "k": "0802 3604 1532", "l": "181322",
    "m": "0602 0516263532 3546566562", "n": "0602 0516364542", "o": "163645433212030516",
    "p": "0600 0516364543321203", "q": "4640 4536160503123243", "r": "0602 041636",
    "s": "45361605143443321203", "t": "18132232 0626", "u": "0603123243 4642",
    "v": "062246", "w": "0612243246", "x": "0642 4602", "y": "0622 4610", "z": "06460242",
    "0": "183847433212030718", "1": "062822 1232", "2": "07183847460242",
    "3": "0718384746354443321203 1535", "4": "32380444", "5": "480805354443321203",
    "6": "473818070312324344351504", "7": "084812",
    "8": "183847463515060718 1504031232434435", "9": "463515060718384743321203",
    ".": "1212", ",": "1201", ":": "1212 1515", ";": "1515 1201", "-": "0535", "–": "0545",
    "+": "0545 2723", "=": "0646 0444", "(": "28171322", ")": "08171302", "[": "28181222",
    "]": "08181202", "{": "28171605141322", "}": "08171625141302", "/": "0248", "\\": "0842",
    "%": "0248 0707 4343", "<": "470543", ">": "074503", "_": "0141", "'": "1816",
    '"': "0806 2826", "!": "1814 1212", "?": "07183847462524 2222", "*": "2723 0644 0446",
    "#": "1812 3832 0646 0444", "&": "4207182703122244", "^": "062846", "~": "05163546",
    "@": "43321203071838474433352615142333", "$": "473818070615354443321203 2921",
    "|": "1811", "`": "0817", "·": "1515", "→": "0545 2745 2345",
}  # fmt: skip
_AS = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "—": "–", "×": "x"})
_BOX = "0208484202"

Points = list[tuple[float, float]]


def strokes(text: str, size: float) -> tuple[list[Points], float]:
    """Return a text's strokes and its width, in the units of `size`; up is negative."""
    found: list[Points] = []
    at = 0.0
    for letter in text.translate(_AS):
        if letter.isspace():
            at += _SPACE * _ACROSS * size
            continue
        points = _points(letter)
        across = [x for stroke in points for x, _ in stroke]
        left, right = min(across), max(across)
        for stroke in points:
            found.append(
                [(at + (x - left) * _ACROSS * size, (2 - y) * _UP * size) for x, y in stroke]
            )
        at += (right - left + _GAP) * _ACROSS * size
    return found, max(0.0, at - _GAP * _ACROSS * size)


def _points(letter: str) -> list[Points]:
    code = _LETTERS.get(letter)
    if code is None:
        code = _LETTERS.get(unicodedata.normalize("NFKD", letter)[:1], _BOX)
    return [
        [(float(stroke[i]), float(stroke[i + 1])) for i in range(0, len(stroke), 2)]
        for stroke in code.split()
    ]
