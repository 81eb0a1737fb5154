"""Documents: which files are read, where they are cut, and what a person is told of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.data.blocks import ENDINGS, Block, blocks_of
from intone.data.documents import MOST_BYTES, read_documents, rows_within
from intone.data.passages import LEAST_WORDS, MOST_HEADING, MOST_WORDS, length, passages_of
from intone.data.row import Row
from intone.errors import DataError
from tests.strategies import texts

MARKDOWN = """\
---
title: not text
---
Lead *in*.

# Refunds #

Within 14 days.
With the receipt.

```sh
# no heading
```

Exchange
--------
- size
- colour
---
| a |
"""
RST = """\
=======
Refunds
=======
Within 14 days.
With the receipt.

Exchange
~~~~~~~~

size, colour

-----

  quoted
  ~~~~~~
"""
HTML = """\
<html><head><title>no</title><style>p { color: red }</style></head><body>
<h1>Refunds &amp; more</h1><p>Within <b>14</b>
days.<br>With the receipt.</p><script>let no = "<p>no</p>";</script>
<table><tr><td>size</td><td>XL</td></tr><tr><th>colour</th></tr></table>
<h2>Exchange</h2>loose {{ text }}<ul><li>one<li>two</ul></body></html>
"""


def put(folder: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def words(count: int, of: str = "w") -> str:
    return " ".join(f"{of}{i}" for i in range(count))


def test_markdown_is_read_by_its_headings() -> None:
    assert blocks_of(MARKDOWN, ".md") == [
        Block("Lead *in*."),
        Block("Refunds", heading=True),
        Block("Within 14 days.\nWith the receipt."),
        Block("```sh\n# no heading\n```"),
        Block("Exchange", heading=True),
        Block("- size\n- colour\n---\n| a |"),
    ]
    assert blocks_of("```\n# a\n\n# b", ".md") == [Block("```\n# a"), Block("# b")]


def test_rst_is_read_by_its_ruled_titles() -> None:
    assert blocks_of(RST.replace("\n", "\r\n"), ".rst") == [
        Block("Refunds", heading=True),
        Block("Within 14 days.\nWith the receipt."),
        Block("Exchange", heading=True),
        Block("size, colour"),
        Block("-----"),
        Block("quoted\n  ~~~~~~"),
    ]


def test_html_is_read_as_a_browser_shows_it() -> None:
    assert blocks_of(HTML, ".html") == [
        Block("Refunds & more", heading=True),
        Block("Within 14 days.\nWith the receipt."),
        Block("size XL"),
        Block("colour"),
        Block("Exchange", heading=True),
        Block("loose {{ text }}"),
        Block("one"),
        Block("two"),
    ]


@given(text=texts(), ending=st.sampled_from(ENDINGS))
def test_any_text_can_be_read(text: str, ending: str) -> None:
    for block in blocks_of(text, ending):
        assert block.text.strip()
    if ending == ".txt":
        read = "".join(block.text for block in blocks_of(text, ending))
        assert "".join(read.split()) == "".join(text.split())


def test_a_passage_keeps_to_its_section_and_names_it() -> None:
    blocks = [
        Block(words(10)),
        Block("Refunds", heading=True),
        Block("Empty", heading=True),
        Block("Exchange", heading=True),
        Block(words(100, "a")),
        Block(words(60, "b")),
        Block(words(50, "c")),
    ]
    first, second, third = passages_of(blocks)
    assert first == words(10)
    assert second == f"Exchange\n{words(100, 'a')}"  # the last takes over what the other can spare
    assert third == f"Exchange\n{words(60, 'b')}\n{words(50, 'c')}"


def test_what_is_long_is_cut_between_sentences_else_between_words() -> None:
    sentences = [words(70, of) + "." for of in "abc"]
    assert list(passages_of([Block(" ".join(sentences))])) == [
        " ".join(sentences[:2]),
        " ".join(sentences[2:]),
    ]
    one, other = passages_of([Block(words(200))])
    assert one.split() + other.split() == words(200).split() and len(one.split()) == MOST_WORDS
    assert [length(part) for part in passages_of([Block("x" * 5000)])] == [160, 160, 97]
    assert list(passages_of([Block("-----"), Block("?", heading=True)])) == []
    title = Block(words(MOST_HEADING + 1), heading=True)
    assert list(passages_of([title])) == [title.text]


@given(
    st.lists(
        st.builds(
            Block,
            st.one_of(
                texts(),
                st.integers(1, 400).map(words),
                st.lists(st.integers(1, 90).map(lambda n: words(n) + ". "), max_size=9).map(
                    "".join
                ),
            ).filter(str.strip),
            st.just(False),
        ),
        max_size=6,
    )
)
def test_passages_are_bounded_and_nothing_is_lost(blocks: list[Block]) -> None:
    found = list(passages_of(blocks))
    assert found == list(passages_of(blocks))
    assert all(length(passage) <= MOST_WORDS for passage in found)
    said = "".join(block.text for block in blocks)
    kept = "".join(found)
    assert [c for c in said if c.isalnum()] == [c for c in kept if c.isalnum()]


@given(st.lists(st.integers(1, 59), min_size=3, max_size=12))
def test_short_paragraphs_make_passages_of_the_usual_length(sizes: list[int]) -> None:
    found = [length(p) for p in passages_of([Block(words(size)) for size in sizes])]
    assert all(LEAST_WORDS <= size for size in found[:-1])
    assert sum(found) == sum(sizes)


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    put(
        tmp_path,
        b_txt="Bees {{ hum }}.",
        a_md="# Title\n\nAnts.\n",
        sub__c_HTML="<p>Cats.</p>",
        z_rst="bees: {{HUM}}!",
        _git__x_md="hidden",
        _note_md="hidden",
        p_pdf=b"\xff",
        LICENSE="none",
    )
    found = read_documents([tmp_path])
    assert found.passages == ("Title\nAnts.", "Bees {{ hum }}.", "Cats.")
    (notice,) = found.notices
    assert notice.kind == "documents"
    assert notice.message == (
        f"{tmp_path}: 3 passages from 4 files; "
        "left out: 2 hidden, 2 of other types (.pdf, no ending)"
    )
    assert read_documents([tmp_path]) == found
    again = read_documents([tmp_path / "b.txt", tmp_path])
    assert again.passages[0] == "Bees {{ hum }}." and len(again.notices) == 2
    assert again.id != found.id != read_documents([]).id == ""


def test_no_more_are_taken_than_stated(tmp_path: Path) -> None:
    put(tmp_path, a_txt="one", b_txt="two", c_txt="three")
    found = read_documents([tmp_path], most=2)
    assert found.passages == ("one", "two")
    assert "at most 2 are taken in all, the rest was not read" in found.notices[0].message
    put(tmp_path, b_txt="{{ two }}\n\n" + words(400))
    assert len(read_documents([tmp_path], most=2).passages) == 2
    assert "at most" not in read_documents([tmp_path]).notices[0].message
    put(tmp_path, a_txt="x" * (MOST_BYTES + 1))
    assert "left out: 1 over 10 MB" in read_documents([tmp_path]).notices[0].message


def test_rows_that_stand_in_the_documents_are_found() -> None:
    told = "the parcel that I sent back in May has not been refunded until today"
    inputs = [
        told,
        f"Hello! {told.upper()}",
        told[23:],
        "the parcel that I sent",
        f"{words(40)} {told}",
    ]
    rows = [Row(i, "", {"body": body, "subject": "x"}, None) for i, body in enumerate(inputs)]
    assert rows_within([f"Case 7: {told}. Answer: billing."], rows) == [0, 1, 2]
    assert rows_within(["Parcels."], rows) == rows_within([], rows) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone", None, "cannot read .*gone: No such file"),
        ("gone_txt", None, "cannot read .*gone.txt: No such file"),
        ("notes_docx", "x", r"notes.docx is no document; it must end in .txt, .md, .rst, .html"),
        ("in__latin_txt", "\nspäť".encode("cp1250"), "latin.txt, line 2: byte 0xe4 is not UTF-8"),
        ("in__utf16_md", "x".encode("utf-16"), "utf16.md is UTF-16, not UTF-8"),
        ("in__empty_md", "\n--\n", "in has nothing to take passages from"),
        ("in__x_pdf", "x", r"nothing to take passages from: .*left out: 1 of other types \(.pdf\)"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    tmp_path: Path, name: str, content: str | bytes | None, words: str
) -> None:
    if content is not None:
        put(tmp_path, **{name: content})
    path = tmp_path / ("in" if name.startswith("in__") else name.replace("_", "."))
    with pytest.raises(DataError, match=words) as caught:
        read_documents([path])
    assert "\n" not in str(caught.value)
