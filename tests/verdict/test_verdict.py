from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.verdict.several import holm, judge_several
from intone.verdict.verdict import Verdict, judge, ships

SCORE = st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0]))
ROWS = st.lists(st.tuples(SCORE, SCORE, st.booleans(), st.booleans()), max_size=50)


def compared(improved: int, worsened: int, n: int, level: float = 0.05) -> Verdict:
    before = [0.0] * improved + [1.0] * (n - improved)
    after = [1.0] * (n - worsened) + [0.0] * worsened
    return judge(before, after, [True] * n, [True] * n, level=level, opened=1)


def test_reads_aloud() -> None:
    assert str(compared(20, 6, 72)) == (
        "better: +19.4 points [5.5, 33.1] on 72 sealed rows, p = 0.007"
    )
    assert "p < 0.001" in str(compared(40, 0, 72))
    assert str(compared(1, 1, 40)).startswith("undecided: +0.0 points [-")


def test_json_has_what_the_design_promises() -> None:
    verdict = judge([0] * 40, [1] * 40, [True] * 40, [True] * 40, smallest_detectable=0.2, opened=1)
    out = json.loads(json.dumps(verdict.to_dict()))
    assert {"word", "difference", "low", "high", "p", "n", "smallest_detectable"} <= set(out)
    assert {"format", "substance", "opened", "missing", "exploratory", "note"} <= set(out)
    assert (out["word"], out["smallest_detectable"], out["opened"]) == ("better", 0.2, 1)


@given(ROWS)
def test_parts_add_up_and_the_word_follows_the_interval(
    rows: list[tuple[float | None, float | None, bool, bool]],
) -> None:
    before, after = [row[0] for row in rows], [row[1] for row in rows]
    verdict = judge(before, after, [row[2] for row in rows], [row[3] for row in rows])
    assert verdict.format + verdict.substance == pytest.approx(verdict.difference)
    assert verdict.n + verdict.missing == len(rows)
    if verdict.word == "better":
        assert verdict.low > 0
    if verdict.word == "worse":
        assert verdict.high < 0


def test_format_and_substance() -> None:
    # ten rows could not be read before, five were read and wrong
    before = [0.0] * 15 + [1.0] * 25
    verdict = judge(before, [1.0] * 40, [False] * 10 + [True] * 30, [True] * 40)
    assert verdict.format == pytest.approx(10 / 40)
    assert verdict.substance == pytest.approx(5 / 40)


def test_missing_rows_are_left_out_and_can_turn_the_word() -> None:
    before: list[float | None] = [*[0.0] * 12, *[1.0] * 60]
    after: list[float | None] = [1.0 for _ in before]
    few = judge([None, *before], [1.0, *after], [True] * 73, [True] * 73)
    assert (few.word, few.n, few.missing, few.note) == ("better", 72, 1, "")
    lost = judge([*before, *[1.0] * 12], [*after, *[None] * 12], [True] * 84, [True] * 84)
    assert (lost.word, lost.missing) == ("undecided", 12)
    assert lost.low > 0
    assert "12 missing rows" in lost.note
    other = judge([*after, *[None] * 12], [*before, *[1.0] * 12], [True] * 84, [True] * 84)
    assert other.word == "undecided"


def test_a_known_half_of_a_missing_row_counts_in_the_worst_case() -> None:
    # after is right wherever before is missing: at worst nothing changes there
    before: list[float | None] = [*[0.0] * 12, *[1.0] * 30, *[None] * 12]
    verdict = judge(before, [1.0] * 54, [True] * 54, [True] * 54)
    assert verdict.word == "better"


def test_exploratory_is_undecided_and_never_ships() -> None:
    verdict = judge([0] * 30, [1] * 30, [True] * 30, [True] * 30, exploratory=True)
    assert verdict.word == "undecided"
    assert verdict.low > 0
    assert "exploratory" in str(verdict)
    assert not ships(verdict)


def test_shipping() -> None:
    assert ships(compared(8, 3, 72))
    assert compared(8, 3, 72).word == "undecided"
    assert not ships(compared(1, 0, 72))
    assert not ships(compared(5, 5, 72))
    assert not ships(compared(0, 9, 72))
    assert not ships(judge([], [], [], []))


def test_a_wrong_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="one entry per row, not 1, 1, 1 and 0"):
        judge([1], [1], [True], [])


def test_holm_as_in_the_textbook() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


def test_equal_evidence_gets_equal_intervals() -> None:
    def at(gains: int) -> Callable[[float], Verdict]:
        return lambda level: compared(gains, 4, 60, level)

    one, best, two, weak = judge_several([at(20), at(30), at(20), at(5)])
    assert (one.p, one.low, one.high) == (two.p, two.low, two.high)
    assert one.word == "better"
    # the strictest level of the two, not the laxest
    assert (one.low, one.high) == (at(20)(0.05 / 3).low, at(20)(0.05 / 3).high)
    assert best.low == at(30)(0.05 / 4).low and weak.low == at(5)(0.05).low


COUNTS = st.tuples(st.integers(0, 40), st.integers(0, 20))


@given(st.lists(COUNTS, max_size=5))
def test_several_keep_interval_and_adjusted_p_together(counts: list[tuple[int, int]]) -> None:
    def at(count: tuple[int, int]) -> Callable[[float], Verdict]:
        return lambda level: compared(*count, 60, level)

    together = judge_several([at(count) for count in counts])
    alone = [compared(*c, 60) for c in counts]
    for one, corrected in zip(alone, together, strict=True):
        assert corrected.p >= one.p
        assert corrected.low <= one.low + 1e-12
        assert corrected.high >= one.high - 1e-12
        assert (corrected.low > 0 or corrected.high < 0) == (corrected.p < 0.05)
        assert corrected.p_one_sided == one.p_one_sided
    if len(counts) > 1:
        assert all("Holm" in verdict.note for verdict in together)
