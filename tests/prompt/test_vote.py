"""Votes: how answers are counted, when asking stops, and what a failing member does."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.data.row import Row
from intone.errors import BackendError, ContextOverflow, PromptError
from intone.llm.answers import AnswerSpec, FreeText, Json, Labels, Number
from intone.llm.completion import Completion, FinishReason
from intone.llm.request import Request, Sampling
from intone.prompt import Answer, Got, Lost, Prompt, Vote
from intone.prompt.counting import Ballot, fewest, winner
from intone.prompt.files import dumps
from intone.prompt.forms import read_program
from tests.strategies import votes

LABELS = Labels(("a", "b", "c"))
ROW = Row(0, "r", {"q": "?"}, "a")
BROKEN = Lost(BackendError("broken"))


def members(count: int) -> list[Prompt]:
    return [Prompt(f"{number}: {{{{ q }}}}") for number in range(count)]


def held(vote: Vote, said: Sequence[Got], spec: AnswerSpec = LABELS) -> tuple[Answer | Lost, int]:
    """Hold a vote whose ballots say this, in order; return what it came to, and its calls."""
    done: list[Got] = []
    while True:
        step = vote.next(ROW, done, Request(answer=spec))
        if isinstance(step, Answer | Lost):
            return step, len(done)
        assert step
        done += said[len(done) : len(done) + len(step)]


def say(*texts: str) -> list[Completion]:
    return [Completion(text) for text in texts]


def text_of(result: Answer | Lost) -> str:
    assert isinstance(result, Answer)
    return result.text


@pytest.mark.parametrize(
    ("said", "won", "calls"),
    [
        ("aab", "a", 2),
        ("aba", "a", 3),
        ("aaabb", "a", 3),
        ("aabab", "a", 4),
        ("abbab", "b", 5),
        ("abcab", "a", 4),  # b could only draw level with a, which was named first
        ("bacab", "b", 5),
        ("abab", "a", 3),
        ("aabb", "a", 2),
        ("ba", "b", 1),
    ],
)
def test_most_votes_win_and_asking_stops_when_it_is_decided(
    said: str, won: str, calls: int
) -> None:
    result, asked = held(Vote(members(len(said))), say(*said))
    assert (text_of(result), asked) == (won, calls)


def test_the_read_answer_is_voted_on() -> None:
    said = say("The answer is 4", "4.0", "5")
    assert text_of(held(Vote(members(3)), said, Number())[0]) == "4"
    said = say('{"x": 1, "y": 2}', "none", '```json\n{"y":2,"x":1}\n```')
    assert text_of(held(Vote(members(3)), said, Json())[0]) == '{"x": 1, "y": 2}'


def test_weights_decide() -> None:
    vote = Vote(members(3), weights=[3, 1, 1])
    assert held(vote, say("a", "b", "b")) == (Answer("a"), 1)
    vote = Vote(members(3), weights=[1, 1, 1.5])
    assert text_of(held(vote, say("a", "b", "b"))[0]) == "b"


def test_by_probability_the_means_decide() -> None:
    sure = Completion("a", choices={"a": 0.9, "b": 0.1})
    unsure = Completion("b", choices={"a": 0.45, "b": 0.55})
    result, _ = held(Vote(members(3), by="probability"), [unsure, unsure, sure])
    assert text_of(result) == "a"
    assert isinstance(result, Answer) and result.choices["a"] == pytest.approx(0.6)
    assert text_of(held(Vote(members(3)), [unsure, unsure, sure])[0]) == "b"


def test_samples_are_draws_of_their_own_at_the_votes_temperature() -> None:
    vote = Vote(members(1), samples=3, temperature=0.7)
    first = vote.next(ROW, (), Request(answer=LABELS, sample=4))
    assert not isinstance(first, Answer | Lost)
    assert [request.sample for request in first] == [12, 13]
    assert {request.sampling.temperature for request in first} == {0.7}


@pytest.mark.parametrize("finish", ["length", "refusal"])
def test_what_cannot_be_read_abstains(finish: FinishReason) -> None:
    nothing: list[Got] = [Completion("no idea"), Completion("b", finish)]
    assert text_of(held(Vote(members(3)), [*nothing, Completion("c")])[0]) == "c"
    result, _ = held(Vote(members(2)), nothing)
    assert isinstance(result, Answer)
    assert (result.text, result.finish) == ("no idea", finish)


def test_the_rest_may_decide_without_a_lost_call() -> None:
    a, b = Completion("a"), Completion("b")
    assert text_of(held(Vote(members(5)), [BROKEN, a, a, a, b])[0]) == "a"
    assert isinstance(held(Vote(members(5)), [BROKEN, a, a, b, b])[0], Lost)
    assert isinstance(held(Vote(members(3)), [a, a, BROKEN])[0], Answer)
    assert isinstance(held(Vote(members(3)), [a, BROKEN, b])[0], Lost)
    result, calls = held(Vote(members(5)), [BROKEN, BROKEN, BROKEN, a, a])
    assert isinstance(result, Lost) and calls == 3  # nothing more is spent on a lost row


def test_a_prompt_too_long_is_told_from_a_call_that_failed() -> None:
    overflow = Lost(ContextOverflow(10, 5))
    assert held(Vote(members(2)), [overflow, overflow])[0] == overflow


def test_free_text_cannot_be_voted_on() -> None:
    vote = Vote(members(3))
    with pytest.raises(PromptError, match="free text is not"):
        vote.check(FreeText(), Sampling())
    with pytest.raises(PromptError, match="free text is not"):
        vote.next(ROW, (), Request())
    vote.check(LABELS, Sampling())


def test_samples_need_a_temperature() -> None:
    with pytest.raises(PromptError, match="3 samples at temperature 0 are one answer"):
        Vote(members(1), samples=3).check(LABELS, Sampling())
    Vote(members(1), samples=3, temperature=0.7).check(LABELS, Sampling())
    Vote(members(1), samples=3).check(LABELS, Sampling(temperature=0.5))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('members = [{template = "a"}]', "a vote of 1"),
        ('members = [{template = "a"}, {template = "a"}]', "two members of the vote are the same"),
        ('weights = [1]\nmembers = [{template = "a"}, {template = "b"}]', "1 weights for 2"),
        ('weights = [1, 0]\nmembers = [{template = "a"}, {template = "b"}]', "a weight is 0"),
        ('by = "rank"\nmembers = [{template = "a"}, {template = "b"}]', "by is 'rank'"),
        ('samples = 0\nmembers = [{template = "a"}]', "samples is 0"),
        ('temperature = 3\nmembers = [{template = "a"}, {template = "b"}]', "temperature is 3"),
        ('wieghts = [1]\nmembers = [{template = "a"}]', "did you mean 'weights'"),
        ('members = [{template = "a"}, {tmplate = "b"}]', "member 2: unknown section 'tmplate'"),
        ('members = ["a", "b"]', r"members must be a list of tables: write \[\[members\]\]"),
    ],
)
def test_mistakes_in_a_file_are_one_clear_line(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "vote.toml"
    path.write_text(text)
    with pytest.raises(PromptError, match=wrong) as error:
        Vote.load(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_members_can_be_files_of_their_own(tmp_path: Path) -> None:
    one, two = members(2)
    (tmp_path / "prompts").mkdir()
    one.save(tmp_path / "prompts" / "one.toml")
    two.save(tmp_path / "two.toml")
    (tmp_path / "vote.toml").write_text(
        '[[members]]\nfile = "prompts/one.toml"\n[[members]]\nfile = "two.toml"\n'
        '[[members]]\ntemplate = "own {{ q }}"\n'
    )
    vote = Vote.load(tmp_path / "vote.toml")
    assert vote == Vote([one, two, Prompt("own {{ q }}")])
    (tmp_path / "two.toml").write_text('[[members]]\nfile = "vote.toml"\n')
    with pytest.raises(PromptError, match="is read in itself"):
        Vote.load(tmp_path / "vote.toml")
    with pytest.raises(PromptError, match="is a prompt, not a vote"):
        Vote.load(tmp_path / "prompts" / "one.toml")


@given(votes())
def test_a_vote_survives_its_file(vote: Vote) -> None:
    again = read_program(tomllib.loads(dumps(vote)))
    assert again == vote and again.id == vote.id


ballots = st.lists(st.sampled_from(["a", "b", "c", "x", "broken"]), min_size=2, max_size=7)


@given(ballots, st.data())
def test_stopping_early_never_changes_the_outcome(said: list[str], data: st.DataObject) -> None:
    weight = st.one_of(st.just(1.0), st.floats(0.1, 3))
    weights = data.draw(st.lists(weight, min_size=len(said), max_size=len(said)))
    got = [BROKEN if text == "broken" else Completion(text) for text in said]
    result, _ = held(Vote(members(len(said)), weights=weights), got)
    cast: list[Ballot | None] = [
        None if text == "broken" else {} if text == "x" else {text: Fraction(1)} for text in said
    ]
    whole = winner([Fraction(weight) for weight in weights], cast)
    if whole is not None:
        assert text_of(result) == whole
    else:
        assert isinstance(result, Lost) or set(said) <= {"x"}


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=7), st.randoms())
def test_the_order_of_equal_members_decides_ties_only(said: list[str], chance: object) -> None:
    shuffled = list(said)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    won, other = (text_of(held(Vote(members(len(s))), say(*s))[0]) for s in (said, shuffled))
    counts = Counter(said)
    most = [label for label, count in counts.items() if count == max(counts.values())]
    assert won in most and other in most
    if len(most) == 1:
        assert won == other


@given(st.lists(st.integers(1, 5), min_size=2, max_size=6), st.data())
def test_a_decided_vote_stays_so_whatever_comes(sizes: list[int], data: st.DataObject) -> None:
    weights = [Fraction(size) for size in sizes]
    ballot = st.one_of(st.none(), st.sampled_from("ab").map(lambda text: {text: Fraction(1)}))
    cast = data.draw(st.lists(ballot, min_size=len(sizes), max_size=len(sizes)))
    won = winner(weights, cast)
    open_places = [place for place, one in enumerate(cast) if one is None]
    ends = data.draw(st.lists(st.sampled_from("abc"), min_size=6, max_size=6))
    filled: list[Ballot | None] = list(cast)
    for place in open_places:
        filled[place] = {ends[place]: Fraction(1)}
    if won is not None:
        assert winner(weights, filled) == won
    elif open_places:
        assert 1 <= fewest(weights, cast, open_places) <= len(open_places)
