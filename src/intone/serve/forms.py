"""What is sent and what comes back, as the OpenAPI page describes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

MOST_NUMBER = 2**31 - 1
LONGEST_TEXT = 1_000_000

Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
Word = Annotated[str, StringConstraints(max_length=200)]
User = Annotated[str, StringConstraints(max_length=1000)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=1, le=MOST_NUMBER)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RunBody(_Sent):
    """A question for a prompt."""

    inputs: dict[str, Any] = Field(description="The prompt's variables: texts, numbers, lists …")
    user: User | None = Field(
        None, description="Any text that is the same for one user; kept as a keyed hash."
    )
    sample: int = Field(
        0, ge=0, le=MOST_NUMBER, description="Another number is another draw of the same question."
    )


class RenderBody(_Sent):
    """What a prompt is to be rendered with."""

    inputs: dict[str, Any]
    user: User | None = None


class FeedbackBody(_Sent):
    """A user's word about an answer. A comment, a rating or the right answer must be there."""

    trace: Word = Field(description="The trace id that came with the answer.")
    comment: Text = ""
    rating: Share | None = Field(None, description="0 (useless) to 1 (just right).")
    answer: Text | None = Field(None, description="The right answer, if the user gave one.")
    who: User = Field("", description="Any text that is the same for one user; kept as a hash.")

    @model_validator(mode="after")
    def _says_something(self) -> FeedbackBody:
        if not self.comment.strip() and self.rating is None and self.answer is None:
            raise ValueError("say something: give a comment, a rating or an answer")
        return self


class OutcomeBody(_Sent):
    """What an answer turned out to be worth to the application."""

    trace: Word
    value: Share = Field(description="0 (useless) to 1 (as good as can be).")


class ExperimentBody(_Sent):
    """Two versions behind one label."""

    name: Word
    label: Word
    version: Word = Field(description="The challenger: a version's number or a label.")
    share: float = Field(0.5, gt=0.0, lt=1.0, description="Of the users, for the challenger.")
    alpha: float = Field(
        0.05, gt=0.0, lt=1.0, description="The chance to claim a difference where there is none."
    )
    promote: bool = Field(False, description="Let the winner have the label by itself.")


class UsageForm(BaseModel):
    """What an answer took. `replayed` of the calls came from the ledger."""

    calls: int
    replayed: int
    prompt_tokens: int
    completion_tokens: int


class TuneBody(_Sent):
    """A tuning to start; what is left out is as the project's spec has it."""

    prompt: Word | None = Field(None, description="A version that is kept, such as `triage@2`.")
    method: Word = "auto"
    calls: Annotated[int, Field(ge=1, le=MOST_NUMBER)] | None = None
    tokens: Annotated[int, Field(ge=1, le=MOST_NUMBER)] | None = None
    usd: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = None
    seed: int = Field(0, ge=0, le=MOST_NUMBER)


class RunState(BaseModel):
    """A run's number and state."""

    run: int
    state: Literal["running", "done", "stopped", "failed", "interrupted"]
    paused: bool


class RunAnswer(BaseModel):
    """An answer. It is on disk, under its trace id, before it is sent."""

    output: str
    trace: str
    version: str
    variant: Literal["a", "b"] | None
    status: Literal["answered", "unparseable", "refused", "truncated"]
    reason: str
    usage: UsageForm
    seconds: float


class Turn(BaseModel):
    """One message."""

    role: str
    content: str


class Rendered(BaseModel):
    """What would be asked. `requests` are all that would be made first, `messages` the first."""

    version: str
    messages: list[Turn]
    requests: list[list[Turn]]


class Kept(BaseModel):
    """It is on disk."""

    trace: str
    kept: Literal[True] = True


class Wrong(BaseModel):
    """What is wrong."""

    message: str
    type: str
    code: str | None = None
    trace: str | None = None


class WrongAnswer(BaseModel):
    """The form of every failure."""

    error: Wrong
