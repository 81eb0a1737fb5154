"""Hypothesis strategies for the whole suite, in one place."""

from __future__ import annotations

from hypothesis import strategies as st

from intone.prompt import LAYOUTS, Demonstration, Prompt

_PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="{}"), max_size=40)
_NAMES = st.sampled_from(["subject", "body", "question", "findings"])


@st.composite
def templates(draw: st.DrawFn) -> str:
    """Texts that name at least one input."""
    names = draw(st.lists(_NAMES, min_size=1, max_size=3, unique=True))
    parts = [draw(_PLAIN)]
    for name in names:
        parts += ["{{ " + name + " }}", draw(_PLAIN)]
    return "".join(parts)


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    """Valid prompts with any of the sections."""
    template = draw(templates())
    context = draw(st.lists(st.one_of(_PLAIN, templates()), max_size=2))
    variables = Prompt(template, context=context).variables
    demonstration = st.builds(
        Demonstration, st.fixed_dictionaries({name: _PLAIN for name in sorted(variables)}), _PLAIN
    )
    return Prompt(
        template,
        role=draw(_PLAIN),
        context=context,
        clarifiers=draw(st.lists(_PLAIN, max_size=3)),
        output_format=draw(_PLAIN),
        codes=draw(st.sampled_from([{}, {"spam": "A", "ham": "B"}])),
        demonstrations=draw(st.lists(demonstration, max_size=3)),
        layout=draw(st.sampled_from(LAYOUTS)),
    )


def tables(*, min_rows: int = 1) -> st.SearchStrategy[list[dict[str, str | None]]]:
    """Rows of `text`, `more` and a `target` that may be missing; repeats are likely."""
    words = st.sampled_from(["where is it", "Where  is it", "refund", "no", "late again", "ok"])
    text = st.one_of(words, st.text(st.characters(codec="utf-8"), max_size=12))
    targets = st.sampled_from(["billing", "delivery", "other", None])
    row = st.fixed_dictionaries({"text": text, "more": text, "target": targets})
    return st.lists(row, min_size=min_rows, max_size=60)
