"""What a writer is asked: the words of each request.

Owns the wording, what of a prompt and its mistakes is shown, and how it is shortened. Each request
asks for one thing, in words that a small model follows; what is the same for all draws comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from intone.llm.messages import Message
from intone.prompt.edits import short
from intone.prompt.prompt import Demonstration, Prompt
from intone.writer.changes import CHANGES, offered
from intone.writer.instruction import parts
from intone.writer.quoting import Example
from intone.writer.shapes import Shape
from intone.writer.writer import Failure, Rejected, Scored

FAILURES_SHOWN = 6
_LEADING = 4  # of one kind of mistake
EXAMPLES_SHOWN = 8
REJECTED_SHOWN = 8
SCORED_SHOWN = 8
_INPUT = 320  # characters of a row's inputs
_WORKED = 200
_ANSWER = 120
_SECTION = 2000
_LABELS = 40

INSTRUCTION = Shape({"instruction": "the instruction, word for word"})

_CRITIC = (
    "You improve the instructions that a model follows. You are shown the instructions and some "
    "inputs that the model answered wrongly. Say in one sentence what these mistakes have in "
    "common. Then write one thing to tell the model, so that it gets such inputs right: often it "
    "is how to tell two answers apart. It must hold for other inputs too: do not quote these, and "
    "do not mention the mistakes."
)
_WRITES = "You write the instruction that a model follows. "
_REPHRASER = (
    _WRITES + "Say the given instruction in other words. It must ask for the same thing. Add "
    "nothing to it."
)
_CLIMBER = (
    _WRITES + "You are shown earlier instructions for one task and how many of 100 answers each "
    "got right. Write another instruction that would do better than all of them."
)
_CROSSER = (
    _WRITES + "You are shown two instructions for one task. Write one instruction that joins what "
    "is good in both."
)
_INDUCER = (
    _WRITES + "You are shown inputs and their right answers. Write the instruction that leads to "
    "such answers: what to decide, and what speaks for each answer. It must hold for other inputs "
    "too: do not quote these."
)
_NAMES_ANSWERS = "Name these answers in the instruction."
_WAYS = (
    "Keep it about as long.",
    "Make it shorter.",
    "Use simple words and short sentences.",
    "Begin with what the answer must be.",
)

_SHOWN_MISTAKES = """\
Instructions:
What is this hotel review about: room, staff or food?

Allowed answers: room, staff, food

Mistake 1
Input: review: I told the nice lady at the desk three times that I could not sleep for the lift.
Right answer: room
Model's answer: staff

What must the model be told, so that it answers room and not staff to inputs like the first?"""
_SHOWN_ANSWER: Mapping[str, str] = {
    "problem": "It looked at the person who is named and not at what was wrong.",
    "change": "add rule",
    "text": "Noise, heat and dirt are about the room, even if the guest told the staff of it.",
}
_EXAMPLE = Example(
    _SHOWN_MISTAKES,
    _SHOWN_ANSWER,
    frozenset({"hotel", "guest", "guests", "review", "reviews", "lift"}),
)


@dataclass(frozen=True)
class Ask:
    """One request to a writer: its job, an example of it, the case, and the shape of the answer."""

    job: str
    case: str
    shape: Shape
    example: Example | None = None

    def messages(self, *, as_json: bool) -> list[Message]:
        """Return the request's messages."""
        said = [Message("system", f"{self.job}\n\n{self.shape.asked(as_json=as_json)}")]
        if self.example is not None:
            answer = self.shape.written(self.example.answer, as_json=as_json)
            said += [Message("user", self.example.case), Message("assistant", answer)]
        return [*said, Message("user", self.case)]


def critique(
    prompt: Prompt,
    failures: Sequence[Failure],
    labels: Sequence[str],
    rejected: Sequence[Rejected],
    draw: int,
) -> Ask:
    """Return the request for a diagnosis and one change; each draw leads with other mistakes."""
    kinds = offered(prompt)
    shape = Shape(
        {
            "problem": "one sentence",
            "change": ", ".join(kinds[:-1]) + f" or {kinds[-1]}",
            "text": "the words to tell the model",
        },
        {"change": kinds},
    )
    listed = "\n".join(f"- {kind}: {CHANGES[kind]}" for kind in kinds)
    blocks = [_prompt(prompt, labels)]
    if rejected:
        lines = "\n".join(_tried(it) for it in rejected[-REJECTED_SHOWN:])
        blocks.append(f"Already tried, did not help, do not say it again:\n{lines}")
    shown = chosen(failures, draw)
    blocks += [_mistake(number, prompt, failure) for number, failure in enumerate(shown, start=1)]
    blocks.append(_question(shown, labels))
    return Ask(f"{_CRITIC}\n\nKinds of change:\n{listed}", "\n\n".join(blocks), shape, _EXAMPLE)


def rephrase(prompt: Prompt, labels: Sequence[str], scored: Sequence[Scored], draw: int) -> Ask:
    """Return the request for other words; with `scored`, for words that do better than these."""
    if not scored:
        case = [_instruction(prompt), *_named(labels), _WAYS[draw % len(_WAYS)]]
        return Ask(_REPHRASER, "\n\n".join(case), INSTRUCTION)
    earlier = [
        f"{round(100 * it.score)} of 100 right:\n{_instruction(it.prompt)}"
        for it in scored[-SCORED_SHOWN:]
    ]
    return Ask(_CLIMBER, "\n\n".join([*earlier, *_named(labels)]), INSTRUCTION)


def cross(one: Prompt, other: Prompt, labels: Sequence[str]) -> Ask:
    """Return the request for one instruction out of two."""
    case = [f"Instruction A:\n{_spoken(one)}", f"Instruction B:\n{_spoken(other)}"]
    return Ask(_CROSSER, "\n\n".join([*case, *_named(labels)]), INSTRUCTION)


def induce(
    prompt: Prompt, examples: Sequence[Demonstration], labels: Sequence[str], draw: int
) -> Ask:
    """Return the request for the instruction behind examples; each draw begins with others."""
    start = draw * EXAMPLES_SHOWN % max(1, len(examples))
    turned = [*examples[start:], *examples[:start]][:EXAMPLES_SHOWN]
    shown = [
        f"Input: {_inputs(one.inputs, prompt, _WORKED)}\nAnswer: {_line(one.output, _ANSWER)}"
        for one in turned
    ]
    return Ask(_INDUCER, "\n\n".join([*shown, *_named(labels)]), INSTRUCTION)


def chosen(failures: Sequence[Failure], draw: int) -> list[Failure]:
    """Return the failures to show: up to four of one kind of mistake, then one of each other kind.

    The draws lead with one kind after the other, the most frequent first.
    """
    groups: dict[tuple[str, ...], list[Failure]] = {}
    for failure in failures:
        groups.setdefault(_kind(failure), []).append(failure)
    if not groups:
        return []
    ranked = sorted(groups.values(), key=len, reverse=True)
    at = draw % len(ranked)
    lead, others = ranked[at], [*ranked[at + 1 :], *ranked[:at]]
    mixed = [one for turn in zip_longest(*others) for one in turn if one is not None]
    picked = [*lead[:_LEADING], *mixed, *lead[_LEADING:]]
    return picked[:FAILURES_SHOWN]


def _kind(failure: Failure) -> tuple[str, ...]:
    outcome = failure.outcome
    if outcome.status != "answered":
        return (outcome.status,)
    return (outcome.status, failure.row.target or "", outcome.answer or "")


def _prompt(prompt: Prompt, labels: Sequence[str]) -> str:
    """Return the sections that a writer may change, each under its name."""
    rules = "".join(f"\n{at}. {_line(rule, 300)}" for at, rule in enumerate(prompt.clarifiers, 1))
    facts = "".join(f"\n- {_line(passage, 300)}" for passage in prompt.context)
    blocks = [f"Instructions:\n{_instruction(prompt)}"]
    blocks += [f"Rules:{rules}"] if rules else []
    blocks += [f"Background:{facts}"] if facts else []
    if prompt.output_format.strip():
        blocks.append(f"Answer format: {_cut(prompt.output_format, 400)}")
    return "\n\n".join([*blocks, *_allowed(labels)])


def _spoken(prompt: Prompt) -> str:
    """Return an instruction with all that is said beside it, as one text."""
    said = [_instruction(prompt), *prompt.clarifiers, prompt.output_format]
    return _cut("\n".join(text for text in said if text.strip()), _SECTION)


def _instruction(prompt: Prompt) -> str:
    return _cut(parts(prompt).instruction or prompt.role or "(none)", _SECTION)


def _allowed(labels: Sequence[str]) -> list[str]:
    """Return the line that lists the labels, where they are few enough."""
    if not 0 < len(labels) <= _LABELS:
        return []
    return [f"Allowed answers: {', '.join(labels)}"]


def _named(labels: Sequence[str]) -> list[str]:
    """Return the labels with the wish that an instruction name them."""
    return [f"{line}. {_NAMES_ANSWERS}" for line in _allowed(labels)]


def _mistake(number: int, prompt: Prompt, failure: Failure) -> str:
    row, outcome = failure.row, failure.outcome
    said = outcome.text if outcome.answer is None else outcome.answer
    lines = [f"Mistake {number}", f"Input: {_inputs(row.inputs, prompt, _INPUT)}"]
    if row.target is not None:
        lines.append(f"Right answer: {_line(row.target, _ANSWER)}")
    lines.append(f"Model's answer: {_line(said, _ANSWER) or '(nothing)'}")
    if outcome.reason and (outcome.status != "answered" or row.target is None):
        lines.append(f"Fault: {_line(outcome.reason, _ANSWER)}")
    return "\n".join(lines)


def _question(shown: Sequence[Failure], labels: Sequence[str]) -> str:
    """Return what is asked last: small models keep to that. It names the leading confusion."""
    row, outcome = shown[0].row, shown[0].outcome
    if row.target in labels and outcome.status == "answered" and outcome.answer in labels:
        return (
            f"What must the model be told, so that it answers {row.target} and not "
            f"{outcome.answer} to inputs like the first?"
        )
    return "What must the model be told, so that it gets inputs like these right?"


def _tried(rejected: Rejected) -> str:
    return f"- {_line(rejected.sentence, 200)} ({_line(rejected.reason, 80)})"


def _inputs(inputs: Mapping[str, str], prompt: Prompt, most: int) -> str:
    """Return a row's inputs in one line, each shortened to its share."""
    names = [name for name in inputs if name in prompt.variables] or list(inputs)
    share = max(40, most // max(1, len(names)))
    return "; ".join(f"{name}: {_line(inputs[name], share)}" for name in names)


def _line(text: str, most: int) -> str:
    return short(" ".join(text[: 8 * most].split()), most)


def _cut(text: str, most: int) -> str:
    return short(text.strip(), most)
