"""Variants of a prompt: what they keep, that they differ, and that a seed decides them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from intone.data.row import Row
from intone.errors import SettingError
from intone.llm.answers import Labels
from intone.llm.request import Request, Sampling
from intone.prompt import Answer, Chain, Demonstration, Lost, Program, Prompt, Step, Vote
from intone.prompt.perturbations import KINDS, Asked, AtTemperature, perturbed, read_kinds
from intone.prompt.perturbations.orders import arranged_as
from intone.prompt.perturbations.wordings import wordings
from tests.strategies import prompts

LABELS = ("billing", "shipping", "sales")
FULL = Prompt(
    "Which team should handle this ticket?\nAnswer with billing, shipping or sales.\n\n"
    "Subject: {{ subject }}\n{{ body }}",
    clarifiers=["Be brief.", "Give the team's name only."],
    demonstrations=[
        Demonstration({"subject": "Refund", "body": "Charged twice."}, "billing"),
        Demonstration({"subject": "Parcel", "body": "It is late."}, "shipping"),
    ],
)


def of(kind: str, prompt: Prompt = FULL, count: int = 30, seed: int = 0) -> list[Prompt]:
    found = perturbed(prompt, Asked(read_kinds([kind]), count, seed, LABELS))
    return [variant.program for variant in found.variants if isinstance(variant.program, Prompt)]


@settings(deadline=None, max_examples=60)
@given(prompts())
def test_variants_keep_every_input_and_differ(prompt: Prompt) -> None:
    asked = Asked(count=4, labels=("spam", "ham"))
    found = perturbed(prompt, asked)
    seen = {(prompt.id, 0)}
    for variant in found.variants:
        assert variant.program.variables == prompt.variables
        assert (variant.program.id, variant.sample) not in seen
        seen.add((variant.program.id, variant.sample))
        assert variant.sentence
    kinds = {variant.kind for variant in found.variants}
    assert kinds | set(found.left_out) == set(KINDS) and not kinds & set(found.left_out)
    assert [v.program.id for v in perturbed(prompt, asked).variants] == [
        v.program.id for v in found.variants
    ]


def test_the_seed_decides_which() -> None:
    first, again, other = (of("filler", count=3, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_paraphrases_keep_the_users_words_or_equal_ones() -> None:
    templates = [prompt.template for prompt in of("paraphrase")]
    assert any("ought to handle" in text for text in templates)
    assert any(text.endswith("or sales.") for text in templates)  # asked after the inputs
    words = {word for frame in wordings().frames for word in frame.split()}
    assert all("[[" not in text for text in templates) and words
    none = perturbed(Prompt("{{ body }}"), Asked(("paraphrase",)))
    assert not none.variants and "no instruction" in none.left_out["paraphrase"]
    titled = perturbed(Prompt("Ticket:\n{{ body }}"), Asked(("paraphrase",)))
    assert all("task" not in v.program.canonical()["template"] for v in titled.variants)  # type: ignore[operator]


def test_words_of_labels_are_not_swapped() -> None:
    prompt = Prompt("Select one: select, other.\n\n{{ body }}")
    found = perturbed(prompt, Asked(("paraphrase",), 50, labels=("select", "other")))
    assert all("choose" not in str(v.program.canonical()) for v in found.variants)


@pytest.mark.parametrize(
    "sentence",
    [
        "Should this ticket be escalated?",
        "It's been seen before.",
        "Say what it is.",
        "Note whether they pick up the label.",
        "Why don't you say which team it is?",
        "Write the answer with care.",
        "The customer's concerns matter, and so does the handle.",
        "Say who will give up.",
        'Return JSON: {"do not": 1, "select": {"for example": []}}',
        "Say “do not” or `select`, \"classify\", or 'tell me'.",
    ],
)
def test_words_are_swapped_only_where_it_is_safe(sentence: str) -> None:
    found = of("paraphrase", Prompt(f"{sentence}\n\n{{{{ body }}}}"))
    assert found and all(sentence in prompt.template for prompt in found)


def test_spaces_within_quotes_braces_and_labels_stay() -> None:
    kept = ['{"it is": {"due on": 1}}', '"one team"', "credit card"]
    text = f"Return JSON like {kept[0]}.\nFor {kept[1]} say {kept[2]}. Be brief.\n\n{{{{ body }}}}"
    found = perturbed(Prompt(text), Asked(("casing",), 30, labels=("credit card", "loan")))
    templates = [str(v.program.canonical()["template"]) for v in found.variants]
    assert any("Return  JSON  like" in template for template in templates)
    for template in templates:
        assert all(part in template for part in kept)


def test_a_writers_paraphrases_come_first() -> None:
    edits = of("paraphrase")[3]
    from intone.prompt.edits import rewrite_template

    told = [(rewrite_template(edits.template, "mine"),)]
    found = perturbed(FULL, Asked(("paraphrase",), 2, paraphrases=told))
    assert found.variants[0].sentence == "mine"


def test_orders_change_nothing_but_places() -> None:
    found = of("order")
    assert {d.output for d in FULL.demonstrations} == {
        d.output for prompt in found for d in prompt.demonstrations
    }
    assert any(prompt.demonstrations == FULL.demonstrations[::-1] for prompt in found)
    assert any(prompt.clarifiers == FULL.clarifiers[::-1] for prompt in found)
    assert any("sales, billing or shipping" in prompt.template for prompt in found)
    for prompt in found:
        assert sorted(prompt.template) == sorted(FULL.template)
    coded = Prompt("{{ body }}", codes={"spam": "A", "ham": "B"})
    (swapped,) = of("order", coded)
    assert swapped.codes == {"spam": "B", "ham": "A"}
    assert list(swapped.codes.values()) == ["A", "B"]


def test_labels_change_places_only_in_a_bare_list() -> None:
    arrange = arranged_as(("sales", "billing", "shipping"))
    assert arrange("billing / shipping or 'sales'") == "sales / billing or 'shipping'"
    explained = "billing: money; shipping: parcels"
    assert arrange(explained) == explained
    assert arrange("Is billing right? billing, billing") == "Is billing right? billing, billing"


def test_layouts_and_casing_change_no_word() -> None:
    def words(prompt: Prompt) -> list[str]:
        text = " ".join((prompt.template, *prompt.clarifiers))
        for mark in ".?|=-:":
            text = text.replace(mark, " ")
        return text.casefold().split()

    for kind in ("layout", "casing"):
        found = of(kind)
        assert len(found) > 5
        assert all(words(prompt) == words(FULL) for prompt in found)
    assert {"plain", "markdown", "xml"} <= {prompt.layout for prompt in of("layout")}
    assert any("SUBJECT: {{ subject }}" in prompt.template for prompt in of("casing"))


def test_filler_says_nothing_of_the_task_and_adds_nothing_else() -> None:
    for prompt in of("filler"):
        assert prompt.with_(context=()) == FULL
        assert set(prompt.context) <= set(wordings().fillers)


def test_samples_are_draws_of_the_same_requests() -> None:
    blank = Request(answer=Labels(LABELS), sampling=Sampling(max_tokens=9))
    row = Row(0, "r", {"subject": "s", "body": "b"})
    cold = perturbed(FULL, Asked(("sampling",), 4))
    assert all(isinstance(variant.program, AtTemperature) for variant in cold.variants)
    assert len({(v.program.id, v.sample) for v in cold.variants}) == 4
    (request,) = cold.variants[1].program.next(row, (), blank)  # type: ignore[misc]
    assert request.sampling == Sampling(0.7, 9)
    (plain,) = FULL.next(row, (), blank)  # type: ignore[misc]
    assert request.messages == plain.messages
    warm = perturbed(FULL, Asked(("sampling",), 4, temperature=0.7))
    assert [v.program is FULL for v in warm.variants] == [True, False, True, False]
    assert all(getattr(v.program, "temperature", 0.0) != 0.7 for v in warm.variants)


def test_a_program_that_is_no_prompt_is_only_drawn_again() -> None:
    found = perturbed(AtTemperature(FULL, 0.5), Asked(count=2))
    assert {variant.kind for variant in found.variants} == {"sampling"}
    assert set(found.left_out) == set(KINDS) - {"sampling"}
    assert "single prompt" in found.left_out["layout"]


def test_a_vote_with_a_temperature_of_its_own_is_drawn_at_the_variants() -> None:
    def asked_at(program: Program) -> set[float]:
        blank = Request(answer=Labels(LABELS))
        step = program.next(Row(0, "r", {"subject": "s", "body": "b"}), (), blank)
        assert not isinstance(step, Answer | Lost)
        return {request.sampling.temperature for request in step}

    def drawn(program: Program, temperature: float = 0.0) -> list[tuple[str, set[float]]]:
        found = perturbed(program, Asked(("sampling",), 4, temperature=temperature)).variants
        return [(variant.sentence, asked_at(variant.program)) for variant in found]

    vote = Vote([FULL], samples=3, temperature=0.7)
    chain = Chain([Step("team", vote, labels=LABELS), Step("last", Prompt("{{ team }}"))])
    for program in (vote, chain):
        for sentence, temperatures in drawn(program):
            wanted = {0.7} if sentence.startswith("drawn again") else {float(sentence.split()[1])}
            assert temperatures == wanted
        assert drawn(program)[0][0] == "drawn again (1)"  # its draws differ in a run at 0 too
    still = Vote([FULL, Prompt("{{ body }}{{ subject }}")], temperature=0)
    assert all(sentence.startswith("temperature") for sentence, _ in drawn(still, 0.7))
    outer = AtTemperature(AtTemperature(FULL, 0.5), 1.0)
    assert asked_at(outer) == {1.0}


def test_kinds_are_read_by_name() -> None:
    assert read_kinds([]) == KINDS
    assert read_kinds(["casing", "order", "casing"]) == ("order", "casing")
    with pytest.raises(SettingError, match=r"'casin'.*did you mean 'casing'"):
        read_kinds(["casin"])
