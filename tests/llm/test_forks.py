"""Where labels part, and how likely each of them is by its way through the forks."""

import math
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.llm.forks import Walk, forks
from intone.llm.labels import Token

PIECES = {1: "card", 2: " lost", 3: " late", 4: " broken", 5: "cash", 6: " in", 7: " out", 8: "off"}
WORDS = ["card lost", "card late", "cash in", "cash out", "off"]
NUMBERS = [[1, 2], [1, 3], [5, 6], [5, 7], [8]]


def tokens(numbers: Sequence[Sequence[int]]) -> list[list[Token]]:
    return [[Token(n, PIECES[n]) for n in one] for one in numbers]


def walked(
    words: Sequence[str],
    numbers: Sequence[Sequence[int]],
    model: Mapping[tuple[int, ...], Mapping[int, float]],
) -> tuple[list[float], float, list[tuple[int, ...]]]:
    """Walk with a model that gives the next token's probabilities by the tokens before."""
    walk, asked = Walk(forks(words, tokens(numbers))), []
    while fork := walk.next():
        asked.append(fork.before)
        at = model[fork.before]
        walk.read(fork, [Token(n, PIECES[n], math.log(p)) for n, p in at.items()])
    return *walk.likelihoods(), asked


def test_labels_part_where_their_tokens_differ() -> None:
    first, card, cash = forks(WORDS, tokens(NUMBERS))
    assert (first.before, first.ways) == ((), ((0, 1), (2, 3), (4,)))
    assert [token.id for token in first.firsts] == [1, 5, 8]
    assert first.rests == (("card lost", "card late"), ("cash in", "cash out"), ("off",))
    assert (card.before, card.ways) == ((1,), ((0,), (1,)))
    assert card.rests == ((" lost",), (" late",))
    assert (cash.before, cash.rests) == ((5,), ((" in",), (" out",)))


def test_what_all_labels_begin_with_is_not_asked_about() -> None:
    (fork,) = forks(WORDS[:2], tokens(NUMBERS[:2]))
    assert fork.before == (1,) and fork.rests == ((" lost",), (" late",))


def test_white_space_before_a_label_does_not_matter() -> None:
    shown = [[Token(1, " card"), *more] for more in ([Token(2, " lost")], [Token(3, " late")])]
    (fork,) = forks(WORDS[:2], shown)
    assert fork.rests == ((" lost",), (" late",))


@pytest.mark.parametrize(
    ("choices", "shown"),
    [
        (("card", "card_arrival"), [[(1, "card")], [(1, "card"), (2, "_arrival")]]),
        (("Yes", "yes"), [[(1, "Yes")], [(2, "yes")]]),
        (("Yes", "yesterday"), [[(1, "Yes")], [(2, "yes"), (3, "terday")]]),
        (("same", "same"), [[(1, "same")], [(1, "same")]]),
        (("x𝔘", "x𝔙"), [[(1, "x"), (2, ""), (3, "")], [(1, "x"), (2, ""), (4, "")]]),
    ],
)
def test_labels_that_tokens_do_not_tell_apart(
    choices: tuple[str, ...], shown: list[list[tuple[int, str]]]
) -> None:
    assert not forks(choices, [[Token(*one) for one in of] for of in shown])


def test_pieces_of_characters_are_told_apart_by_number() -> None:
    (fork,) = forks(("𝔘", "é"), [[Token(1, "")], [Token(2, "")]])
    assert fork.before == () and fork.ways == ((0,), (1,))


def test_a_label_is_as_likely_as_its_way() -> None:
    model = {
        (): {1: 0.5, 5: 0.25, 8: 0.05, 4: 0.2},
        (1,): {2: 0.3, 3: 0.3, 4: 0.4},
        (5,): {6: 0.1, 7: 0.9},
    }
    shares, logprob, asked = walked(WORDS, NUMBERS, model)
    assert asked == [(), (1,), (5,)]
    whole = 0.8
    of_card, of_cash = 0.5 / whole, 0.25 / whole
    expected = [of_card / 2, of_card / 2, of_cash * 0.1, of_cash * 0.9, 0.05 / whole]
    assert shares == pytest.approx(expected)
    assert logprob == pytest.approx(math.log(0.5 * 0.3))


def test_forks_that_hardly_matter_are_not_asked_about() -> None:
    model = {(): {1: 0.9, 5: 0.01, 8: 0.09}, (1,): {2: 0.75, 3: 0.25}}
    shares, _, asked = walked(WORDS, NUMBERS, model)
    assert asked == [(), (1,)]
    assert shares == pytest.approx([0.675, 0.225, 0.005, 0.005, 0.09])


def test_an_unlikely_fork_is_asked_about_if_the_best_label_may_be_behind_it() -> None:
    words, numbers = WORDS[:4], NUMBERS[:4]
    model = {(): {1: 1e-9, 5: 1e-9, 8: 1.0}, (1,): {2: 0.5, 3: 0.5}, (5,): {6: 1.0, 7: 1e-9}}
    shares, _, asked = walked(words, numbers, model)
    assert asked == [(), (1,), (5,)]
    assert max(range(4), key=shares.__getitem__) == 2


@given(st.integers(0, 10**6))
def test_shares_are_those_of_an_answer_held_to_the_labels(seed: int) -> None:
    chance = random.Random(seed)
    numbers = [[*one] for one in {tuple(chance.choices(range(1, 5), k=4)) for _ in range(8)}]
    words = ["".join(PIECES[n] for n in one).strip() for one in numbers]
    model: dict[tuple[int, ...], dict[int, float]] = {}
    for one in numbers:
        for at in range(4):
            weights = {n: chance.random() ** 3 + 1e-6 for n in range(1, 5)}
            known = model.setdefault(tuple(one[:at]), weights)
            whole = sum(known.values())
            known.update({n: weight / whole for n, weight in known.items()})
    if len(numbers) < 2:
        assert forks(words, tokens(numbers)) == ()
        return
    shares, _, asked = walked(words, numbers, model)
    expected = []
    for one in numbers:
        share = 1.0
        for at in range(4):
            before = tuple(one[:at])
            ways = {other[at] for other in numbers if tuple(other[:at]) == before}
            share *= model[before][one[at]] / sum(model[before][way] for way in ways)
        expected.append(share)
    assert math.fsum(shares) == pytest.approx(1)
    assert shares.index(max(shares)) == expected.index(max(expected))
    assert all(abs(a - b) < 0.02 for a, b in zip(shares, expected, strict=True))
    assert len(asked) <= len(forks(words, tokens(numbers)))
