"""Figures: SVG that is well-formed, PNG that can be read, and the same shapes in both."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.report.charts import Entry, intervals, search
from intone.report.figure import LIGHT, WIDTH, Dot, Figure, Label, Stroke, svg, ticks
from intone.report.raster import png
from intone.report.strokes import strokes
from tests.strategies import texts


def pixels(content: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Read a PNG as this project writes it, its checks included."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        name, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", content[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(name + body)
        chunks[name] = body
        at += 12 + length
    width, height, depth, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, kind) == (8, 2)
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8)
    lines = lines.reshape(height, 1 + 3 * width)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3)


def colour(tone: str) -> list[int]:
    text = LIGHT[tone]  # type: ignore[index]
    return [int(text[i : i + 2], 16) for i in (1, 3, 5)]


def test_shapes_are_where_they_were_put() -> None:
    shapes = (Stroke(((10, 20), (110, 20)), "bad", 4.0), Dot(200, 50, 6.0, "good"))
    shown = pixels(png(Figure("x", "", "", 100, shapes), 1.0))
    assert shown.shape == (100, WIDTH, 3)
    assert shown[20, 60].tolist() == colour("bad") and shown[50, 200].tolist() == colour("good")
    assert shown[40, 60].tolist() == colour("paper")
    ring = pixels(png(Figure("x", "", "", 100, (Dot(200, 50, 6.0, "good", hollow=True),)), 1.0))
    assert ring[50, 200].tolist() == colour("paper")
    dashed = pixels(png(Figure("x", "", "", 9, (Stroke(((0, 4), (64, 4)), "ink", 2, True),)), 1.0))
    assert dashed[4, 2].tolist() != dashed[4, 6].tolist()


def test_letters_are_written_and_anchored() -> None:
    def columns(anchor: str) -> list[int]:
        label = Label(200, 30, "Hg 42", anchor, "ink")  # type: ignore[arg-type]
        shown = pixels(png(Figure("x", "", "", 60, (label,)), 1.0))
        return np.nonzero((shown != 255).any(axis=(0, 2)))[0].tolist()

    assert columns("start")[0] >= 198 and columns("end")[-1] <= 202
    middle = columns("middle")
    assert abs((middle[0] + middle[-1]) / 2 - 200) <= 2
    assert strokes("", 13) == ([], 0.0)
    assert strokes("é", 13) == strokes("e", 13)
    assert strokes("字", 13)[0]  # a box


@given(texts(), texts(), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None, max_examples=40)
def test_any_text_makes_a_figure_that_can_be_read(
    label: str, said: str, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    entry = Entry(label, low, low, high, said)
    figure = intervals("x", label, [entry, Entry(said, high, None, None, label)])
    for alone in (True, False):
        root = ET.fromstring(svg(figure, alone=alone))
        assert root.tag.endswith("svg")
    assert "http" not in svg(figure).replace(label, "").replace(said, "")


def test_a_figure_alone_has_its_colours_and_no_address_but_its_language() -> None:
    text = svg(intervals("x", "t", [Entry("a", 0.5, 0.4, 0.6, "b")]), alone=True)
    assert "prefers-color-scheme: dark" in text
    assert text.replace('xmlns="http://www.w3.org/2000/svg"', "").count("//") == 0


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 250, [0, 50, 100, 150, 200, 250]),
        (-0.13, 0.21, [-0.1, 0, 0.1, 0.2]),
        (0.5, 0.5, [0.5]),
    ],
)
def test_ticks_are_round(low: float, high: float, found: list[float]) -> None:
    assert ticks(low, high) == found


def test_values_that_are_no_numbers_are_left_out() -> None:
    entries = [Entry("a", float("nan"), 0, 1, ""), Entry("b", 0.5, float("-inf"), 1, "said")]
    for around_zero in (True, False):
        figure = intervals("x", "t", entries, around_zero=around_zero)
        assert ">b<" in svg(figure) and ">a<" not in svg(figure)
        png(intervals("x", "t", [], around_zero=around_zero), 1.0)


def test_a_search_without_scores_has_no_chart() -> None:
    candidate = {"prompt_id": "a", "score": None, "rows": 0, "dropped_at": None}
    heat = {"number": 1, "calls": 0, "candidates": [candidate]}
    assert search([], "a", "a") is None and search([heat], "a", "a") is None
    scored = {**heat, "candidates": [{**candidate, "score": 1.0, "rows": 1}]}
    figure = search([scored], "a", "a")
    assert figure is not None
    ET.fromstring(svg(figure))
    png(figure, 1.0)
