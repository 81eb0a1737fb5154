"""How well complaints are understood, on complaints of our own: python benchmarks/understanding.py.

Reads `complaints.toml`, whose half `held out` is not looked at while rules are written. Printed for
each half:

- exact: complaints whose wishes are all found and no other, what they name included (articles
  before it aside); kinds: the same without what they name;
- wishes found: of those there are (recall); wishes right: of those found (precision);
- unclear: complaints that ask for nothing, and were read so; invented: those read as asking for
  something;
- exact by language.

`--kinds` adds precision and recall of each kind. `--mistakes` lists what went wrong in the
development half. `--thresholds` lists what likeness to examples does at each threshold: on the
complaints of the development half that no rule fits, and on each example against all others.
`--model NAME` reads with a writer instead, its calls kept in `--calls FILE`, so that the same
command goes on where it was; printed too are what was dropped, and how many were left to the rules.
"""

from __future__ import annotations

import argparse
import asyncio
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from intone.evaluate.budget import Budget, Purse
from intone.evaluate.metered import Metered
from intone.feedback.complaint import Complaint
from intone.feedback.rules import read_by_rules
from intone.feedback.sentences import sentences_of
from intone.feedback.similarity import Examples
from intone.feedback.understand import Understood, alike, understand, understand_all
from intone.feedback.wish import Wish, wish_kinds, without_wish
from intone.llm.open import ModelSettings, open_backend
from intone.store import SqlLedger, open_database
from intone.writer.model_writer import ModelWriter

FILE = Path(__file__).parent / "complaints.toml"
HALVES = ("development", "held_out")
_STEPS = [step / 100 for step in range(15, 70, 5)]

Key = tuple[str, str]


@dataclass(frozen=True)
class Case:
    """A complaint and what it asks for."""

    complaint: Complaint
    wishes: frozenset[Key]
    language: str
    sort: str

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds it asks for."""
        return frozenset(kind for kind, _ in self.wishes)


def cases(half: str) -> list[Case]:
    """Return the cases of a half, in the order of the file."""
    form = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return [
        Case(
            Complaint(entry["text"], answer=entry.get("answer")),
            frozenset(_wish(text).key for text in entry["wishes"]),
            entry.get("lang", "en"),
            entry.get("sort", ""),
        )
        for entry in form[half]
    ]


def _wish(text: str) -> Wish:
    kind, _, of = text.partition(": ")
    return Wish(kind, of)


def figures(tested: Sequence[Case], read: Sequence[frozenset[Key]]) -> dict[str, str]:
    """Return the figures of a half: each with what it is a share of."""
    pairs = list(zip(tested, read, strict=True))
    empty = [found for case, found in pairs if not case.wishes]
    shared = sum(len(case.wishes & found) for case, found in pairs)
    by_language = {
        code: _share(case.wishes == found for case, found in pairs if case.language == code)
        for code in dict.fromkeys(case.language for case in tested)
    }
    return {
        "exact": _share(case.wishes == found for case, found in pairs),
        "kinds": _share(case.kinds == _kinds(found) for case, found in pairs),
        "wishes found": _of(shared, sum(len(case.wishes) for case in tested)),
        "wishes right": _of(shared, sum(map(len, read))),
        "unclear": _share(not found for found in empty),
        "invented": str(sum(map(bool, empty))),
        **{f"exact, {code}": share for code, share in by_language.items()},
        "exact, other than en": _share(
            case.wishes == found for case, found in pairs if case.language != "en"
        ),
    }


def of_kinds(tested: Sequence[Case], read: Sequence[frozenset[Key]]) -> dict[str, tuple[str, str]]:
    """Return each kind's precision and recall, by name, in the order of the kinds."""
    wanted = Counter(kind for case in tested for kind in case.kinds)
    found = Counter(kind for keys in read for kind in _kinds(keys))
    both = Counter(
        kind for case, keys in zip(tested, read, strict=True) for kind in case.kinds & _kinds(keys)
    )
    return {
        name: (_of(both[name], found[name]), _of(both[name], wanted[name]))
        for name in wish_kinds()
        if wanted[name] or found[name]
    }


def thresholds(tested: Iterable[Case]) -> list[tuple[float, int, int, int]]:
    """Return how many are exact, in part right or unread, and wrong, at each threshold.

    Of the complaints no rule fits only.
    """
    left = []
    for case in tested:
        sentences = sentences_of(case.complaint.comment)
        if case.complaint.answer is None and len(read_by_rules(sentences).unread) == len(sentences):
            left.append((case, [sentence.said for sentence in sentences]))
    rows = []
    for threshold in _STEPS:
        counts = Counter(
            "exact"
            if (found := {wish.key for wish in alike(texts, threshold)}) == case.wishes
            else "unread"
            if found <= case.wishes
            else "wrong"
            for case, texts in left
        )
        rows.append((threshold, counts["exact"], counts["unread"], counts["wrong"]))
    return rows


def among_examples() -> list[tuple[float, int, int]]:
    """Return how many examples are most like one of their own kind, and of another.

    Counted at each threshold; those of no wish too, where they are taken for one.
    """
    examples = {kind.name: kind.examples for kind in wish_kinds().values()}
    examples[""] = without_wish()
    known = Examples(examples)
    nearest = [
        (kind, known.nearest(text, but=text)) for kind, texts in examples.items() for text in texts
    ]
    found = [(kind, it) for kind, it in nearest if it.kind]
    return [
        (
            threshold,
            sum(it.cosine >= threshold and it.kind == kind for kind, it in found),
            sum(it.cosine >= threshold and it.kind != kind for kind, it in found),
        )
        for threshold in _STEPS
    ]


async def by_writer(tested: Sequence[Case], model: str, calls: Path) -> list[Understood]:
    """Return what a writer makes of the complaints."""
    backend = open_backend(ModelSettings(model))
    with open_database(calls) as database, SqlLedger(database) as ledger:
        metered = Metered(backend, ledger, Purse(Budget()))
        try:
            found = await understand_all(ModelWriter(metered), [case.complaint for case in tested])
        finally:
            await metered.close()
    return list(found)


def main() -> None:
    args = _arguments()
    for half in HALVES if args.half == "both" else (args.half,):
        tested = cases(half)
        began = time.monotonic()
        if args.model:
            understood = asyncio.run(by_writer(tested, args.model, args.calls))
        else:
            understood = [Understood(understand(case.complaint)) for case in tested]
        seconds = time.monotonic() - began
        read = [frozenset(wish.key for wish in one.wishes) for one in understood]
        print(f"\n{half.replace('_', ' ')}: {len(tested)} complaints, {seconds:.1f} s")
        _print(figures(tested, read))
        if args.model:
            dropped = sum((Counter(one.dropped) for one in understood), Counter[str]())
            left = sum(one.by == "rules" for one in understood)
            _print({"left to the rules": str(left), "dropped": str(dict(dropped) or "nothing")})
        if args.kinds:
            for name, (precision, recall) in of_kinds(tested, read).items():
                print(f"  {name:20} precision {precision:16} recall {recall}")
        if args.mistakes and half == "development":
            _print_mistakes(tested, read)
        if args.thresholds and half == "development":
            print("  complaints no rule fits")
            for threshold, exact, unread, wrong in thresholds(tested):
                print(f"  {threshold:.2f}  exact {exact:3}  unread {unread:3}  wrong {wrong:3}")
            print("  examples against one another")
            for threshold, right, wrong in among_examples():
                print(f"  {threshold:.2f}  right {right:3}  wrong {wrong:3}")


def _print(table: Mapping[str, str]) -> None:
    for name, value in table.items():
        print(f"  {name:22} {value}")


def _print_mistakes(tested: Sequence[Case], read: Sequence[frozenset[Key]]) -> None:
    for case, found in zip(tested, read, strict=True):
        if case.wishes != found:
            print(f"  {case.complaint.comment!r}")
            print(f"      wanted {_listed(case.wishes)}; read {_listed(found)}")


def _listed(keys: Iterable[Key]) -> str:
    return ", ".join(": ".join(filter(None, key)) for key in sorted(keys)) or "nothing"


def _kinds(keys: Iterable[Key]) -> frozenset[str]:
    return frozenset(kind for kind, _ in keys)


def _share(hits: Iterable[bool]) -> str:
    counted = list(hits)
    return _of(sum(counted), len(counted))


def _of(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part} of {whole})" if whole else "none"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--half", choices=(*HALVES, "both"), default="both")
    parser.add_argument("--kinds", action="store_true", help="precision and recall of each kind")
    parser.add_argument("--mistakes", action="store_true", help="of the development half")
    parser.add_argument("--thresholds", action="store_true", help="of likeness to examples")
    parser.add_argument("--model", help="read with a writer: local, openai:NAME, …")
    parser.add_argument("--calls", type=Path, default=Path(".intone/understanding.db"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
