"""Headings and paragraphs of a text: plain, Markdown, reStructuredText and HTML.

Owns how each format marks them. How they become passages is `passages.py`'s. Nothing is rendered:
marks inside a paragraph (bold, links, list signs) stay as they are written, HTML tags go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HASHES = re.compile(r" {0,3}#{1,6}(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_RULED = re.compile(r"([!-/:-@\[-`{-~])\1+[ \t]*")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_UNSHOWN = frozenset({"script", "style", "template", "noscript", "title", "svg"})
_INLINE = frozenset(
    "a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span "
    "strike strong sub sup time tt u var wbr".split()
)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, or a paragraph; `text` has no blank line in it and is not empty."""

    text: str
    heading: bool = False


def blocks_of(text: str, ending: str) -> list[Block]:
    """Return the headings and paragraphs of a text in order.

    `ending` is that of its file (see `ENDINGS`). Plain text has paragraphs only, which blank lines
    part. In Markdown, what stands before the text between `---` lines (front matter) is left out,
    and in HTML what a browser would not show.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return list(_READERS[ending](text))


def _plain(text: str) -> Iterator[Block]:
    yield from _paragraphs(text.split("\n"))


def _markdown(text: str) -> Iterator[Block]:
    held: list[str] = []
    fence = ""
    for line in _FRONT_MATTER.sub("", text).split("\n"):
        mark = _FENCE.match(line)
        if fence:
            held.append(line)
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if mark:
            fence = mark[1]
        title = _HASHES.fullmatch(line)
        if title is None and _SETEXT.fullmatch(line) and _one_line(held):
            title = _HASHES.fullmatch(f"# {held.pop().strip()}")
        if title is None:
            held.append(line)
            continue
        yield from _paragraphs(held)
        held = []
        if title[1]:
            yield Block(title[1].strip(), heading=True)
    yield from _paragraphs(held)


def _one_line(lines: Sequence[str]) -> bool:
    """Say whether the last line is a paragraph of its own, and no table's or list's."""
    if not lines or not lines[-1].strip() or (len(lines) > 1 and lines[-2].strip()):
        return False
    return re.match(r"\s*(?:[-*+>|]|\d+[.)])(?:\s|$)", lines[-1]) is None


def _rst(text: str) -> Iterator[Block]:
    lines = text.split("\n")
    held: list[str] = []
    place = 0
    while place < len(lines):
        title = _ruled(lines, place)
        if title is None:
            held.append(lines[place])
            place += 1
            continue
        yield from _paragraphs(held)
        held = []
        yield Block(title.strip(), heading=True)
        place += 3 if _RULED.fullmatch(lines[place]) else 2
    yield from _paragraphs(held)


def _ruled(lines: Sequence[str], place: int) -> str | None:
    """Return the title that begins here: with a line of signs under it, or over and under it."""
    over = _RULED.fullmatch(lines[place])
    at = place + 1 if over else place
    if at + 1 >= len(lines) or not lines[at].strip() or _RULED.fullmatch(lines[at]):
        return None
    title, under = lines[at].strip(), lines[at + 1]
    if not _RULED.fullmatch(under) or len(under.rstrip()) < len(title):
        return None
    if over and lines[place].rstrip() != under.rstrip():
        return None
    before = lines[place - 1].strip() if place else ""
    return title if over or (not before and not lines[at][:1].isspace()) else None


def _html(text: str) -> Iterator[Block]:
    page = _Page()
    page.feed(text)
    page.close()
    page.flush()
    yield from page.blocks


class _Page(HTMLParser):
    """Collects the blocks of a page; every tag that is not an inline one begins a new one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._held: list[str] = []
        self._heading = False
        self._unshown = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSHOWN:
            self._unshown += 1
        elif tag == "br":
            self._held.append("\n")
        elif tag in ("td", "th"):
            self._held.append(" ")
        elif tag not in _INLINE:
            self.flush()
            self._heading = tag in _HEADINGS

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _UNSHOWN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSHOWN:
            self._unshown = max(0, self._unshown - 1)
        elif tag not in _INLINE and tag not in ("td", "th", "br"):
            self.flush()
            self._heading = False

    def handle_data(self, data: str) -> None:
        if not self._unshown:
            self._held.append(re.sub(r"\s+", " ", data))

    def flush(self) -> None:
        """End the block that is being collected."""
        lines = ("".join(self._held)).split("\n")
        self._held = []
        kept = [" ".join(line.split()) for line in lines]
        text = "\n".join(line for line in kept if line)
        if text:
            self.blocks.append(Block(text, self._heading))


def _paragraphs(lines: Sequence[str]) -> Iterator[Block]:
    held: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            held.append(line.rstrip())
        elif held:
            yield Block("\n".join(held).strip())
            held = []


_READERS: Mapping[str, Callable[[str], Iterator[Block]]] = {
    ".txt": _plain,
    ".md": _markdown,
    ".rst": _rst,
    ".html": _html,
}
ENDINGS = tuple(_READERS)
"""The endings of files that can be read, in small letters."""
