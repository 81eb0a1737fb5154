"""The screen and the plots of a stress test, from invented figures."""

from __future__ import annotations

from xml.etree import ElementTree

from intone.report.figure import svg
from intone.report.spread_plot import spread_figure, strips
from intone.report.stressed import stress_screen
from intone.report.tuned import tune_screen
from tests.report.results import NULL, part, stressed, tuned
from tests.report.results import text as printed


def test_the_screen_says_whether_the_spread_is_more_than_noise() -> None:
    text = printed(stress_screen(stressed()))
    assert "sensitive: the spread is more than noise would give" in text
    assert "spread of the score" in text and "20.0" in text and "[10.0, 30.0]" in text
    assert "order left out: nothing is listed" in text
    assert "row 5" in text and "\x1b" not in text
    assert "the budget reached" not in text
    quiet = stressed(null_spread=NULL | {"p": 0.4})
    assert "within noise" in printed(stress_screen(quiet))
    lost = stressed(missing=18, n=2, missing_because="busy")
    text = printed(stress_screen(lost)).replace("\n", " ")
    assert "18 rows left out: a call failed for good (most often: busy)" in text
    assert "of the 6 answers to a row one is enough" in text and "the other 2 rows" in text
    none = stressed(missing=20, n=0, score=None, null_spread=None, spread=None)
    assert "no row was answered in every way" in printed(stress_screen(none))
    assert "the budget reached 20 of 50 rows" in printed(stress_screen(stressed(there=50)))


def test_the_plot_shows_every_variant_and_the_prompt_as_given() -> None:
    lines = printed(stress_screen(stressed())).splitlines()
    layout = next(row for row in lines if row.startswith("layout") and "to" in row)
    assert "o" in layout and "0.60 to 0.80" in layout
    assert "3" in next(row for row in lines if row.startswith("casing") and "to" in row)
    root = ElementTree.fromstring(svg(spread_figure(stressed()), alone=True))
    assert len(root.findall(".//{*}circle")) == 5
    assert "a & b" in "".join(root.itertext()) and "0.60 to 0.80" in "".join(root.itertext())


def test_a_plot_without_scores_says_so() -> None:
    bare = part(0.5) | {"given": None, "null_spread": None, "spread": None}
    form = stressed(by_kind={"layout": bare}, spread=None, null_spread=None, score=None)
    assert strips(form) == []
    assert "no scores" in svg(spread_figure(form))
    text = printed(stress_screen(form))
    assert "nothing to grade against" in text and "within noise" not in text


def test_the_price_of_consistency_stands_beside_the_verdict() -> None:
    verdict = tuned()["verdict"]
    paid = {
        "versions": 3, "n": 60,
        "score": verdict | {"difference": -0.012, "low": -0.03, "high": 0.01},
        "given": {"score": 0.7, "sensitivity": 0.2, "disagreement": 0.24},
        "tuned": {"score": 0.69, "sensitivity": 0.05, "disagreement": 0.06},
        "sensitivity": {"difference": -0.15, "low": -0.2, "high": -0.1, "p": 0.001},
        "disagreement": {"difference": -0.18, "low": -0.25, "high": -0.11, "p": 0.001},
    }  # fmt: skip
    shown = printed(tune_screen(tuned(robust=paid)))
    assert "3 harmless versions of each prompt" in shown
    assert "mean score 0.70 -> 0.69: -1.2 points [-3.0, 1.0]" in shown
    assert "answers that differ 24.0 % -> 6.0 %: -18.0 points [-25.0, -11.0]" in shown
    assert "harmless" not in printed(tune_screen(tuned()))
