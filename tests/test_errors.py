from __future__ import annotations

import pytest

from intone.errors import ContextOverflow


@pytest.mark.parametrize(
    ("have", "room", "said"),
    [
        (900, 512, "the prompt has 900 tokens but the model's context holds 512; shorten"),
        (23, None, "the prompt has 23 tokens, more than the model's context holds; shorten"),
        (None, 512, "the prompt has more than the 512 tokens that the model's context holds; "),
        (None, None, "the prompt is longer than the model's context; shorten the prompt"),
    ],
)
def test_a_prompt_too_long_is_a_whole_sentence(
    have: int | None, room: int | None, said: str
) -> None:
    error = ContextOverflow(have, room)
    assert str(error).startswith(said)
    assert (error.prompt_tokens, error.context) == (have, room)
