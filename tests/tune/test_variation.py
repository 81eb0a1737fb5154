from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intone.prompt import Prompt
from intone.prompt.edits import SECTIONS, apply_all, set_demonstrations, show_nearest
from intone.prompt.edits.edit import section_value
from intone.tune.candidate import Candidate
from intone.tune.variation import (
    changed,
    crossed,
    demonstration_sets,
    edits_of,
    prompt_of,
    space,
    variants,
)
from tests.contracts.test_tuners import GIVEN, POOL, material
from tests.strategies import prompts

NAMES = GIVEN.variables


def test_sets_differ_in_their_rows() -> None:
    sets = demonstration_sets(POOL, NAMES, 0, 6)
    assert [len(shown) for shown in sets] == [4, 8, 16, 4, 8, 16]
    assert len({frozenset(shown) for shown in sets}) == 6
    assert [len(shown) for shown in demonstration_sets(POOL[:3], NAMES, 0, 6)] == [3]
    assert demonstration_sets(POOL[:2], NAMES, 0, 6) == []


def test_variants_keep_what_they_do_not_change() -> None:
    shown = demonstration_sets(POOL, NAMES, 0, 1)[0]
    parent = changed(Candidate(GIVEN), (set_demonstrations(shown),))
    assert parent is not None
    found = list(variants(material(), parent))
    assert all(prompt_of(candidate).demonstrations == shown for candidate in found)
    assert not any(candidate.rephrasing for candidate in found)
    other = list(variants(material(), parent, demonstrations=True))
    assert {len(prompt_of(candidate).demonstrations) for candidate in other} == {0, 4, 8, 16}


def test_variants_are_new_and_made_by_their_edits() -> None:
    that = material()
    found = list(variants(that, Candidate(GIVEN), demonstrations=True))
    assert len({candidate.id for candidate in found}) == len(found) > 30
    assert GIVEN.id not in {candidate.id for candidate in found}
    assert all(apply_all(GIVEN, edits_of(c)).id == c.id and c.parents == (GIVEN.id,) for c in found)
    assert found[0].rephrasing


def test_clarifiers_are_added_once_and_dropped_again() -> None:
    that = material()
    first = next(c for c in variants(that, Candidate(GIVEN)) if prompt_of(c).clarifiers)
    again = [prompt_of(c).clarifiers for c in variants(that, first)]
    assert () in again
    assert all(len(set(rules)) == len(rules) for rules in again)


def test_no_clarifier_is_added_against_what_is_said() -> None:
    rules = ["Work it out step by step.", "Be kind."]
    that = replace(material(), clarifiers=rules)

    def added(parent: Prompt) -> set[str]:
        return {text for c in variants(that, Candidate(parent)) for text in prompt_of(c).clarifiers}

    assert added(GIVEN) >= set(rules)
    only = GIVEN.with_(output_format="Give only the answer.")
    assert "Be kind." in added(only) and rules[0] not in added(only)


def test_what_does_not_fit_is_no_candidate() -> None:
    assert changed(Candidate(GIVEN), (set_demonstrations(()),)) is not None
    lacking = demonstration_sets(POOL, frozenset(), 0, 1)[0]
    assert changed(Candidate(GIVEN), (set_demonstrations(lacking),)) is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])  # prompts are large
@given(prompts(), prompts(), st.integers(0, 5))
def test_a_child_has_each_section_from_one_of_its_parents(
    here: Prompt, there: Prompt, seed: int
) -> None:
    one, other, pair = Candidate(here), Candidate(there), (here, there)
    child = crossed(one, other, seed)
    if child is None:
        return
    assert child.parents == (one.id, other.id)
    differing = 0
    for section in SECTIONS:
        values = [section_value(prompt, section) for prompt in pair]
        differing += values[0] != values[1]
        assert section_value(prompt_of(child), section) in values
    assert child.id != one.id
    assert differing < 2 or child.id != other.id


def test_parents_that_differ_in_how_many_are_shown_can_be_crossed() -> None:
    shown = demonstration_sets(POOL, NAMES, 0, 1)[0]
    one = changed(Candidate(GIVEN), (set_demonstrations(shown),))
    assert one is not None
    other = changed(one, (show_nearest("demonstrations", 2),))
    assert other is not None
    child = crossed(one, other, 0)
    assert child is not None
    assert prompt_of(child).nearest == {"demonstrations": 2}


def test_the_space_has_all_that_can_be_varied() -> None:
    names = [dimension.name for dimension in space(material()).dimensions]
    assert names[:2] == ["phrasing", "layout"] and names[-1] == "demonstrations"
    assert sum(name.startswith("clarifier") for name in names) == 3
