"""Labels read from one position, and the grammar that forces them."""

import math

import pytest

from intone.llm.labels import Token, choice_grammar, one_position_tells, read_position


def tok(number: int, text: str, probability: float = 1.0) -> Token:
    return Token(number, text, math.log(probability))


CHOICES = ("billing", "technical", "sales")
FIRSTS = (tok(1, "bill"), tok(2, "technical"), tok(3, "sales"))


def test_distinct_first_tokens_tell() -> None:
    assert one_position_tells(CHOICES, FIRSTS)


@pytest.mark.parametrize(
    ("choices", "firsts"),
    [
        (("card", "card_arrival"), (tok(1, "card"), tok(1, "card"))),
        (("Yes", "yes"), (tok(1, "Yes"), tok(2, "yes"))),
        (("Yes", "yesterday"), (tok(1, "Yes"), tok(2, "yes"))),
        (("same", "same"), (tok(1, "same"), tok(1, "same"))),
    ],
)
def test_first_tokens_that_do_not_tell(choices: tuple[str, ...], firsts: tuple[Token, ...]) -> None:
    assert not one_position_tells(choices, firsts)


def test_pieces_of_characters_are_told_apart_by_number() -> None:
    choices, firsts = ("𝔘", "é"), (tok(1, ""), tok(2, ""))
    assert one_position_tells(choices, firsts)
    shares, _ = read_position(choices, firsts, [tok(2, "", 0.6), tok(1, "", 0.2)], tok(2, "", 0.6))
    assert shares == pytest.approx([0.25, 0.75])


def test_mass_is_summed_over_forms_and_normalised() -> None:
    top = [
        tok(9, "The", 0.4),
        tok(1, "bill", 0.2),
        tok(11, " Billing", 0.1),
        tok(12, "b", 0.1),
        tok(2, "technical", 0.1),
    ]
    shares, logprob = read_position(CHOICES, FIRSTS, top, top[1])
    assert math.fsum(shares) == pytest.approx(1)
    assert shares[0] / shares[1] == pytest.approx(4)
    assert 0 < shares[2] < 0.03  # unseen: a tenth of the least likely token seen
    assert logprob == pytest.approx(math.log(0.4))


def test_a_token_that_begins_several_choices_counts_for_none() -> None:
    choices = ("spam", "safe")
    firsts = (tok(1, "spam"), tok(2, "safe"))
    top = [tok(3, "s", 0.7), tok(2, "safe", 0.2), tok(1, "spam", 0.1)]
    shares, _ = read_position(choices, firsts, top, top[1])
    assert shares == pytest.approx([1 / 3, 2 / 3])


def test_a_first_token_that_begins_another_choice_is_its_own() -> None:
    choices = ("a", "apple")
    firsts = (tok(1, "a"), tok(2, "apple"))
    top = [tok(4, " A", 0.5), tok(2, "apple", 0.3), tok(1, "a", 0.1)]
    shares, _ = read_position(choices, firsts, top, top[0])
    assert shares == pytest.approx([2 / 3, 1 / 3])


def test_unlisted_labels_are_told_by_what_the_grammar_let_through() -> None:
    top = [tok(9, "The", 0.9), tok(10, "It", 0.01)]
    shares, logprob = read_position(CHOICES, FIRSTS, top, tok(3, "sales", 1e-6))
    assert max(range(3), key=shares.__getitem__) == 2
    assert math.fsum(shares) == pytest.approx(1)
    assert logprob == pytest.approx(math.log(1e-6))


def test_probabilities_of_zero_do_not_break_it() -> None:
    shares, logprob = read_position(CHOICES, FIRSTS, [Token(9, "The", 0.0)], Token(3, "s", -9999.0))
    assert math.fsum(shares) == pytest.approx(1)
    assert math.isfinite(logprob)


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
