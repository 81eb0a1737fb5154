"""Hypothesis strategies for the whole suite, in one place."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from intone.errors import PromptError
from intone.prompt import LAYOUTS, Chain, Demonstration, Program, Prompt, Step, Vote
from intone.prompt.edits import (
    Edit,
    add_clarifier,
    add_context,
    add_demonstration,
    add_passage,
    change_layout,
    change_output_format,
    collapse_whitespace,
    drop_clarifier,
    drop_context,
    drop_courtesies,
    drop_demonstration,
    drop_passage,
    reorder,
    replace_clarifier,
    replace_context,
    rewrite_role,
    rewrite_template,
    set_clarifiers,
    set_codes,
    set_context,
    set_demonstrations,
    set_offsets,
    set_passages,
    show_nearest,
    soften_clarifier,
    strengthen_clarifier,
)
from intone.prompt.edits.items import ListSection, replace_item
from intone.prompt.library.library import clarifiers

_NAMES = st.sampled_from(["subject", "body", "question", "findings"])
_ODD = st.sampled_from(
    [
        *("{{ body }}", "{% if %}", "{# x", "}} {{", "{", "}", "{ body }"),
        *(
            "a  b \n\n\n c\t\td ",
            "\r\n",
            "\u2028x\x85",
            "🙂\u200d🙂",
            "\u202eabc",
            "\x00",
            "\ue000",
        ),
        *("Please, be brief.", "be brief", "[[labels]]"),
    ]
)
_short = st.one_of(_ODD, st.text(st.characters(codec="utf-8"), max_size=6))
LIBRARY = [text for entry in clarifiers("classify") for text in entry.strengths]

SPANNING = [
    "{{ NAME\n | trim }}",
    "{{\nNAME }} {# a note\nthat goes on for some words #}",
    "{{ NAME|replace('\n', '') }}",
    "{{- NAME|replace('\r\n}}', '{{') -}}",
    "{{ NAME }}\n\n{#- a note\nof two lines -#}",
]
"""Jinja marks that go over the end of a line, around the input NAME."""


def texts() -> st.SearchStrategy[str]:
    """Any text, Jinja marks and all: what a row, a role or a demonstration can hold."""
    pieces = st.one_of(_ODD, st.text(st.characters(codec="utf-8"), max_size=20))
    return st.one_of(pieces, st.lists(pieces, max_size=4).map("".join))


def unmarked_texts() -> st.SearchStrategy[str]:
    """Texts without Jinja marks, lone braces and all: what can stand in a template."""
    return texts().map(_unmarked)


def _unmarked(text: str) -> str:
    return re.sub(r"\{(?=[{%#]|\Z)", "(", text)


@st.composite
def templates(
    draw: st.DrawFn,
    naming: frozenset[str] = frozenset(),
    names: st.SearchStrategy[str] = _NAMES,
) -> str:
    """Texts that name at least one input, and all of `naming`; others out of `names`."""
    more = draw(st.lists(names, min_size=0 if naming else 1, max_size=3, unique=True))
    parts = [draw(unmarked_texts())]
    for name in sorted({*naming, *more}):
        forms = ["{{ NAME }}", "{{NAME|trim}}", "{%- if NAME -%} {{ NAME }} {%- endif %}"]
        forms += ["{# a note #}{{ NAME }}", "{% for c in [NAME] %}{{ c }}{% endfor %}"]
        forms += SPANNING
        form = draw(st.sampled_from(["{{ NAME }}", *forms]))
        parts += [form.replace("NAME", name), draw(unmarked_texts())]
    return "".join(parts)


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    """Valid prompts with any of the sections."""
    template = draw(templates())
    context = draw(st.lists(st.one_of(unmarked_texts(), templates()), max_size=2))
    variables = Prompt(template, context=context).variables
    rules = st.one_of(st.sampled_from(LIBRARY), texts())
    return Prompt(
        template,
        role=draw(texts()),
        context=context,
        clarifiers=draw(st.lists(rules, max_size=4)),
        output_format=draw(texts()),
        codes=draw(codes()),
        demonstrations=draw(st.lists(demonstrations(variables), max_size=3)),
        passages=draw(st.lists(texts(), max_size=3)),
        nearest=draw(counts()),
        offsets=draw(offsets()),
        layout=draw(st.sampled_from(LAYOUTS)),
    )


def _members() -> st.SearchStrategy[Prompt]:
    """Prompts that are small: there are several in a program, and `prompts` has all sections."""
    return st.builds(
        Prompt,
        st.builds("{} {{{{ body }}}}".format, _short.map(_unmarked)),
        role=_short,
        codes=st.sampled_from([{}, {"spam": "A", "ham": "B"}]),
        layout=st.sampled_from(LAYOUTS),
    )


@st.composite
def votes(draw: st.DrawFn) -> Vote:
    """Valid votes of prompts."""
    those = st.lists(_members(), min_size=1, max_size=3, unique_by=lambda prompt: prompt.id)
    members = draw(those)
    samples = draw(st.integers(2 if len(members) == 1 else 1, 4))
    weight = st.floats(0.01, 100)
    weights = draw(st.one_of(st.just([]), st.lists(weight, min_size=3, max_size=3)))
    return Vote(
        members,
        weights=weights[: len(members)],
        by=draw(st.sampled_from(["majority", "probability"])),
        samples=samples,
        temperature=draw(st.one_of(st.none(), st.floats(0, 2))),
    )


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Valid chains: each step but the last is named by the one after it, at least."""
    count = draw(st.integers(1, 4))
    steps = [draw(_steps(place)) for place in range(count)]
    shared = draw(st.sampled_from([[], ["Known: {{ findings }}", "a\r\nb"]]))
    return Chain(steps, context=shared, clarifiers=draw(st.lists(_short, max_size=2)))


@st.composite
def _steps(draw: st.DrawFn, place: int) -> Step:
    prompt = draw(_members())
    needed = "".join(f"{{{{ step{before} }}}}" for before in range(place))
    asked: Program = prompt.with_(template=f"{needed}\n{prompt.template}", demonstrations=())
    kind = draw(st.sampled_from(["none", "text", "labels", "number", "json", "schema"]))
    if kind in ("labels", "number", "json") and draw(st.booleans()):
        asked = Vote([asked], samples=3, temperature=0.5)
    schema = {"type": "object", "properties": {"a": {"enum": ["x", 1, 2.5, True]}}}
    return Step(
        f"step{place}",
        asked,
        answer=None if kind in ("none", "schema") else kind,  # type: ignore[arg-type]
        labels=draw(_labels()) if kind == "labels" else (),
        schema=schema if kind == "schema" else None,
        target=draw(st.sampled_from(["", "gold"])),
    )


def _labels() -> st.SearchStrategy[list[str]]:
    label = _short.filter(lambda text: bool(text.strip()))
    return st.lists(label, min_size=2, max_size=3, unique_by=str.strip)


def demonstrations(variables: frozenset[str]) -> st.SearchStrategy[Demonstration]:
    """Demonstrations with these inputs."""
    inputs = st.fixed_dictionaries({name: texts() for name in sorted(variables)})
    return st.builds(Demonstration, inputs, texts())


def codes() -> st.SearchStrategy[dict[str, str]]:
    """Codes of labels, each with one of its own."""
    some = st.sampled_from([{}, {"spam": "A", "ham": "B"}, {"ham": "B", "spam": "A"}])
    pairs = st.lists(st.tuples(texts(), texts()), max_size=3, unique_by=lambda pair: pair[1])
    return st.one_of(some, pairs.map(dict))


def counts() -> st.SearchStrategy[dict[str, int]]:
    """How many of which section a row is shown."""
    sections = st.sampled_from(["demonstrations", "passages"])
    return st.dictionaries(sections, st.integers(1, 4))


def offsets() -> st.SearchStrategy[dict[str, float]]:
    """Offsets of labels."""
    values = st.floats(allow_nan=False, allow_infinity=False)
    return st.one_of(st.just({}), st.dictionaries(texts(), values, max_size=3))


@st.composite
def edits(draw: st.DrawFn, prompt: Prompt) -> Edit:
    """Edits that fit a prompt, of every kind that can."""
    said = draw(st.one_of(st.just(""), texts()))
    place = draw(st.one_of(st.none(), st.integers(0, 5)))
    rules = st.one_of(st.sampled_from(LIBRARY), texts())
    # An input that the demonstrations lack would not fit.
    names = st.sampled_from(sorted(prompt.variables)) if prompt.demonstrations else _NAMES
    passages = st.one_of(unmarked_texts(), templates(names=names))
    shown = demonstrations(prompt.variables)
    kinds: list[st.SearchStrategy[Edit]] = [
        st.builds(rewrite_role, texts(), st.just(said)),
        st.builds(rewrite_template, templates(prompt.variables, names), st.just(said)),
        st.builds(change_output_format, texts(), st.just(said)),
        st.builds(change_layout, st.sampled_from(LAYOUTS), st.just(said)),
        st.builds(set_codes, codes(), st.just(said)),
        st.builds(set_offsets, offsets(), st.just(said)),
        st.builds(set_passages, st.lists(texts(), max_size=3), st.just(said)),
        st.builds(
            show_nearest,
            st.sampled_from(["demonstrations", "passages"]),
            st.integers(0, 4),
            st.just(said),
        ),
        st.builds(set_clarifiers, st.lists(rules, max_size=3), st.just(said)),
        st.builds(set_demonstrations, st.lists(shown, max_size=3), st.just(said)),
        st.builds(add_clarifier, rules, st.just(place), st.just(said)),
        st.builds(add_context, passages, st.just(place), st.just(said)),
        st.builds(add_passage, texts(), st.just(place), st.just(said)),
        st.builds(add_demonstration, shown, st.just(place), st.just(said)),
        st.sampled_from(["role", "template", "clarifiers", "output_format", "context"]).map(
            lambda section: collapse_whitespace(section, said)  # type: ignore[arg-type]
        ),
        st.sampled_from(["role", "template", "clarifiers", "output_format"]).map(
            lambda section: drop_courtesies(section, said)  # type: ignore[arg-type]
        ),
    ]
    lists: tuple[ListSection, ...] = ("clarifiers", "context", "passages", "demonstrations")
    for section in lists:
        order = list(range(len(getattr(prompt, section))))
        kinds.append(st.permutations(order).map(lambda o, s=section: reorder(s, o, said)))  # type: ignore[misc]
    fitting: list[Edit] = [set_context(prompt.context[::-1], said)]
    for rule in prompt.clarifiers:
        fitting += [drop_clarifier(rule, place, said), replace_clarifier(rule, draw(rules), place)]
        fitting += [strengthen_clarifier(rule, place, said), soften_clarifier(rule, place, said)]
    for passage in prompt.context:
        fitting += [drop_context(passage, place, said)]
        fitting += [replace_context(passage, draw(passages), place, said)]
    for text in prompt.passages:
        fitting += [drop_passage(text, place, said)]
        fitting += [replace_item("passages", text, draw(texts()), place, said)]
    for one in prompt.demonstrations:
        fitting += [drop_demonstration(one, place, said)]
        fitting += [replace_item("demonstrations", one, draw(shown), place, said)]
    by_name: dict[str, list[Edit]] = {}
    for edit in fitting:
        if fits(edit, prompt):
            by_name.setdefault(edit.name, []).append(edit)
    kinds += [st.sampled_from(group) for group in by_name.values()]
    return draw(st.one_of(kinds))


@st.composite
def edited(draw: st.DrawFn) -> tuple[Prompt, Prompt]:
    """A prompt, and what it becomes by a few edits."""
    before = after = draw(prompts())
    for _ in range(draw(st.integers(0, 4))):
        after = draw(edits(after)).apply(after)
    return before, after


def fits(edit: Edit, prompt: Prompt) -> bool:
    """Say whether an edit can be applied to a prompt."""
    try:
        edit.apply(prompt)
    except PromptError:
        return False
    return True


def tables(*, min_rows: int = 1) -> st.SearchStrategy[list[dict[str, str | None]]]:
    """Rows of `text`, `more` and a `target` that may be missing; repeats are likely."""
    words = st.sampled_from(["where is it", "Where  is it", "refund", "no", "late again", "ok"])
    text = st.one_of(words, st.text(st.characters(codec="utf-8"), max_size=12))
    targets = st.sampled_from(["billing", "delivery", "other", None])
    row = st.fixed_dictionaries({"text": text, "more": text, "target": targets})
    return st.lists(row, min_size=min_rows, max_size=60)


@st.composite
def registry_steps(draw: st.DrawFn) -> list[tuple[str, tuple[tuple[object, ...], dict[str, Any]]]]:
    """What may be done with a registry: (method, (arguments, keywords)), some of it in vain."""
    names = st.sampled_from(["triage", "Triage", "été.v2"])
    number, label = st.integers(1, 4), st.sampled_from(["live", "next"])
    author = st.one_of(st.sampled_from(["ann", ""]), st.text(st.characters(codec="utf-8")))
    half = st.sampled_from([{"template": "half \ud83d"}, {"template": "a"}, {"template": "a\r\nb"}])
    forms = st.one_of(prompts().map(Prompt.canonical), half)
    told = st.fixed_dictionaries({"word": st.just("better"), "difference": st.floats(-1, 1)})
    verdict = st.one_of(st.none(), st.builds(lambda v, o: {**v, "opened": o}, told, st.none()))
    found = []
    for _ in range(draw(st.integers(0, 12))):
        name, by = draw(names), {"author": draw(author)}
        kind = draw(st.sampled_from(["save", "save", "save", "label", "rollback", "delete"]))
        arguments: tuple[object, ...] = (f"{name}@{draw(number)}",)
        if kind == "save":
            arguments = (name, draw(forms))
            parent = f"{draw(names)}@{draw(number)}"
            edits = draw(st.sampled_from([(), ({"section": "role", "text": None},)]))
            more = {"parent": draw(st.sampled_from([None, parent])), "verdict": draw(verdict)}
            by |= {"edits": edits, "run": draw(st.sampled_from([None, 7])), **more}  # type: ignore[dict-item]
        elif kind == "label":
            arguments = (name, draw(label), draw(number))
        elif kind == "rollback":
            arguments = (name, draw(label))
        found.append((kind, (arguments, by)))
    return found
