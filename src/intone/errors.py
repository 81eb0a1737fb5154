"""Every error Intone raises on purpose. Owns the tree and the exit statuses; imports nothing.

    IntoneError                       1
    ├── InputError                    2   the user's input is wrong
    │   ├── SettingError                  a spec, a setting or a command-line value
    │   ├── DataError                     a data file or a row
    │   ├── PromptError                   a prompt, a template, a prompt file
    │   ├── NotThere                      a name, a version, a run or a trace there is none of
    │   └── MissingExtra                  an optional dependency is not installed
    ├── BackendError                  3   a model did not answer
    │   ├── Unreachable                   no connection
    │   ├── RateLimited                   429 or 503 (says when to come back)
    │   ├── CallTimedOut                  no answer in time
    │   ├── KeyRejected               2   401 or 403, or no key in the environment
    │   ├── UnknownModel              2   the server does not know the model
    │   ├── BadRequest                2   the server refuses the request as it is
    │   └── ContextOverflow           2   the prompt does not fit the model's context
    ├── StoreError                    2   the database: newer version, full disk, not writable
    └── BudgetEnded                   4   the budget ended before there was anything to report

Every message is one line: what is wrong, where, and what to do.
"""

from __future__ import annotations


class IntoneError(Exception):
    """Base of every expected failure; `exit_status` is what the command line ends with."""

    exit_status = 1


class InputError(IntoneError):
    """Something the user wrote is wrong."""

    exit_status = 2


class SettingError(InputError):
    """A setting is unknown or has a value that cannot be used."""


class DataError(InputError):
    """A data file is missing, unreadable, empty, or lacks a column."""


class PromptError(InputError):
    """A prompt cannot be read or rendered."""


class NotThere(InputError):
    """Something is named that is not there: a prompt, a version, a label, a run, a trace."""


class MissingExtra(InputError):
    """An optional dependency is needed; the message carries the install command."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional part: pip install 'intone[{extra}]'")
        self.extra = extra


class BackendError(IntoneError):
    """A call to a model failed.

    `retryable` says whether the same request may succeed later, `retry_after` is the number of
    seconds the server asked to wait (None if it did not say), and `fatal` says that no other
    request to this backend can succeed either, so the run should stop rather than go on failing.
    `broke_off` says that the server took the request and may have answered, and billed, what did
    not arrive here whole: such an attempt is paid from the budget.
    """

    exit_status = 3
    retryable = False
    fatal = False
    broke_off = False

    def __init__(
        self,
        message: str,
        *,
        retryable: bool | None = None,
        retry_after: float | None = None,
        broke_off: bool | None = None,
    ) -> None:
        super().__init__(message)
        if retryable is not None:
            self.retryable = retryable
        if broke_off is not None:
            self.broke_off = broke_off
        self.retry_after = retry_after


class Unreachable(BackendError):
    """No connection to the server."""

    retryable = True
    fatal = True


class RateLimited(BackendError):
    """The server asks for fewer calls (429) or is overloaded (503, 529)."""

    retryable = True


class CallTimedOut(BackendError):
    """No answer within the call's timeout."""

    retryable = True
    broke_off = True


class KeyRejected(BackendError):
    """The key is missing or the server does not accept it."""

    exit_status = 2
    fatal = True


class UnknownModel(BackendError):
    """The server does not know the model."""

    exit_status = 2
    fatal = True


class BadRequest(BackendError):
    """The server refuses the request (4xx other than the above)."""

    exit_status = 2


class ContextOverflow(BackendError):
    """The prompt has more tokens than the model's context holds."""

    exit_status = 2

    def __init__(self, prompt_tokens: int | None, context: int | None) -> None:
        if prompt_tokens and context:
            what = f"the prompt has {prompt_tokens} tokens but the model's context holds {context}"
        elif prompt_tokens:
            what = f"the prompt has {prompt_tokens} tokens, more than the model's context holds"
        elif context:
            what = f"the prompt has more than the {context} tokens that the model's context holds"
        else:
            what = "the prompt is longer than the model's context"
        super().__init__(
            f"{what}; shorten the prompt, show fewer demonstrations, or lower model.max_tokens"
        )
        self.prompt_tokens = prompt_tokens
        self.context = context


class StoreError(IntoneError):
    """The database cannot be opened, read or written."""

    exit_status = 2


class BudgetEnded(IntoneError):
    """The budget ended before there was anything to report."""

    exit_status = 4
