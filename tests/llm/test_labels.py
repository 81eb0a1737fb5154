"""Positions that labels are read from, and the grammar that forces them."""

import math
from collections.abc import Sequence

import pytest

from intone.llm.labels import Token, any_begins, choice_grammar, read_position


def tok(number: int, text: str, probability: float = 1.0) -> Token:
    return Token(number, text, math.log(probability))


CHOICES = ("billing", "technical", "sales")
FIRSTS = (tok(1, "bill"), tok(2, "technical"), tok(3, "sales"))


def read(choices: Sequence[str], firsts: Sequence[Token], top: Sequence[Token]) -> list[float]:
    """Return the shares of ways that lead to one choice each."""
    masses = read_position([[choice] for choice in choices], firsts, top)
    return [mass / math.fsum(masses) for mass in masses]


def test_pieces_of_characters_are_told_apart_by_number() -> None:
    choices, firsts = ("𝔘", "é"), (tok(1, ""), tok(2, ""))
    shares = read(choices, firsts, [tok(2, "", 0.6), tok(1, "", 0.2)])
    assert shares == pytest.approx([0.25, 0.75])


def test_mass_is_summed_over_forms_and_normalised() -> None:
    top = [
        tok(9, "The", 0.4),
        tok(1, "bill", 0.2),
        tok(11, " Billing", 0.1),
        tok(12, "b", 0.1),
        tok(2, "technical", 0.1),
    ]
    shares = read(CHOICES, FIRSTS, top)
    assert math.fsum(shares) == pytest.approx(1)
    assert shares[0] / shares[1] == pytest.approx(4)
    assert 0 < shares[2] < 0.03  # unseen: a tenth of the least likely token seen


def test_a_way_has_the_mass_of_all_its_choices() -> None:
    ways = [("card lost", "card broken"), ("cash",)]
    firsts = (tok(1, "card"), tok(2, "cash"))
    top = [tok(1, "card", 0.4), tok(5, "card b", 0.2), tok(2, "cash", 0.2), tok(6, "ca", 0.1)]
    assert read_position(ways, firsts, top) == pytest.approx([0.6, 0.2])


def test_a_token_that_begins_several_choices_counts_for_none() -> None:
    choices = ("spam", "safe")
    firsts = (tok(1, "spam"), tok(2, "safe"))
    top = [tok(3, "s", 0.7), tok(2, "safe", 0.2), tok(1, "spam", 0.1)]
    shares = read(choices, firsts, top)
    assert shares == pytest.approx([1 / 3, 2 / 3])


def test_a_first_token_that_begins_another_choice_is_its_own() -> None:
    choices = ("a", "apple")
    firsts = (tok(1, "a"), tok(2, "apple"))
    top = [tok(4, " A", 0.5), tok(2, "apple", 0.3), tok(1, "a", 0.1)]
    shares = read(choices, firsts, top)
    assert shares == pytest.approx([2 / 3, 1 / 3])


def test_unlisted_labels_are_told_by_what_the_grammar_let_through() -> None:
    top = [tok(9, "The", 0.9), tok(10, "It", 0.01)]
    ways = [[choice] for choice in CHOICES]
    assert not any_begins(ways, FIRSTS, top)
    assert any_begins(ways, FIRSTS, [*top, tok(12, " Sal", 1e-6)])
    masses = read_position(ways, FIRSTS, [*top, tok(3, "sales", 1e-6)])
    assert max(range(3), key=masses.__getitem__) == 2
    assert masses[2] == pytest.approx(1e-6)


def test_probabilities_of_zero_do_not_break_it() -> None:
    shares = read(CHOICES, FIRSTS, [Token(9, "The", 0.0), Token(3, "s", -9999.0)])
    assert math.fsum(shares) == pytest.approx(1)


def test_the_grammar_escapes() -> None:
    grammar = choice_grammar(
        ['say "no"', "back\\slash", "two\nlines", "größe 𝔘", "\x07"], base=False
    )
    assert grammar == (
        'root ::= ("say \\"no\\"" | "back\\\\slash" | "two\\nlines" | "größe 𝔘" | "\\U00000007")\n'
    )


def test_the_grammar_of_a_base_model_lets_a_line_end_a_nested_choice() -> None:
    assert choice_grammar(["card", "card_arrival"], base=True) == (
        'root ::= " "? ("card" | "card_arrival") "\\n"?\n'
    )
    assert choice_grammar(["yes", "no"], base=True) == 'root ::= " "? ("yes" | "no")\n'
    assert choice_grammar(["card", "card_arrival"], base=False) == (
        'root ::= ("card" | "card_arrival")\n'
    )
