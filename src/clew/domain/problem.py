"""Everything that can be wrong with what a caller asked, as one tree.

    Problem
    ├── NotFound            no such thing for this caller (also: another project's thing)
    ├── Conflict            the thing is there, and its state forbids this
    │   ├── AlreadyExists   a client-chosen id or name is taken
    │   ├── ThreadBusy      an active run holds the thread
    │   ├── WrongState      a run or upload that is past this, or not there yet
    │   └── OutputsMismatch tool outputs for other calls than the ones waited for
    ├── Invalid             a value that the domain refuses
    │   ├── TooLarge        more bytes, items or pairs than allowed
    │   └── Unsupported     a file of a kind that cannot be searched
    ├── QuotaSpent          the project has as much as it may have
    ├── Denied              the key is good, its scopes do not reach
    └── Unavailable         not now; the caller may try again

They carry data, not prose: each dialect says them in its own words and with its own status.
`str(problem)` is safe to show to the caller. Whatever is not in this tree is a bug.
"""

from __future__ import annotations

from typing import Final


class Problem(Exception):
    """The root. Catch it at a boundary, raise one of its children."""


class NotFound(Problem):
    """There is no such thing for this caller.

    `within` names the parent when the thing was looked for inside one: `("index", "vs_1")`.
    """

    def __init__(self, noun: str, id: str, *, within: tuple[str, str] | None = None) -> None:  # noqa: A002 (the field's standard name)
        super().__init__(f"no {noun} with id {id!r}")
        self.noun: Final = noun
        self.id: Final = id
        self.within: Final = within


class Conflict(Problem):
    """The state of the thing forbids what was asked."""


class AlreadyExists(Conflict):
    """A thing with this client-chosen id or name is already there."""

    def __init__(self, noun: str, id: str) -> None:  # noqa: A002 (the field's standard name)
        super().__init__(f"there is already a {noun} {id!r}")
        self.noun: Final = noun
        self.id: Final = id


class ThreadBusy(Conflict):
    """An active run holds the thread. `attempt` is what was refused: `append` or `run`."""

    def __init__(self, thread_id: str, run_id: str, *, attempt: str) -> None:
        super().__init__(f"thread {thread_id!r} is held by the active run {run_id!r}")
        self.thread_id: Final = thread_id
        self.run_id: Final = run_id
        self.attempt: Final = attempt


class WrongState(Conflict):
    """`noun` `id` is in `state`, in which `attempt` (a verb: `cancel`, `submit`, …) is not possible."""

    def __init__(self, noun: str, id: str, *, state: str, attempt: str) -> None:  # noqa: A002 (the field's standard name)
        super().__init__(f"cannot {attempt} {noun} {id!r}: it is {state}")
        self.noun: Final = noun
        self.id: Final = id
        self.state: Final = state
        self.attempt: Final = attempt


class OutputsMismatch(Conflict):
    """Tool outputs came for other calls than the ones that are owed. Both lists are ids, in order."""

    def __init__(self, *, expected: list[str], got: list[str]) -> None:
        super().__init__(f"tool outputs are owed for {expected}, got {got}")
        self.expected: Final = expected
        self.got: Final = got


class Invalid(Problem):
    """`field` (a path such as `tool_resources.file_search`) holds what the domain refuses, and `reason` says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field: Final = field
        self.reason: Final = reason


class TooLarge(Invalid):
    """More than allowed. `limit` and `got` count `unit` (`bytes`, `messages`); `got` is None where counting stopped."""

    def __init__(self, field: str, *, limit: int, got: int | None, unit: str) -> None:
        super().__init__(field, f"at most {limit} {unit}")
        self.limit: Final = limit
        self.got: Final = got
        self.unit: Final = unit


class Unsupported(Invalid):
    """A file that cannot be searched was given to an index. `suffix` is the end of its name, with the dot."""

    def __init__(self, field: str, suffix: str) -> None:
        super().__init__(field, f"files that end in {suffix} cannot be searched")
        self.suffix: Final = suffix


class QuotaSpent(Problem):
    """The project has as many `what` (a field of `quota.Quota`) as its quota, which is `limit`, allows."""

    def __init__(self, what: str, *, limit: int) -> None:
        super().__init__(f"this project may have {limit} {what}")
        self.what: Final = what
        self.limit: Final = limit


class Denied(Problem):
    """The key is known and its scopes do not reach: `need` is the missing scope."""

    def __init__(self, need: str) -> None:
        super().__init__(f"this key lacks the scope '{need}'")
        self.need: Final = need


class Unavailable(Problem):
    """Not now. `retry_after_seconds` is a hint, None where there is nothing to say."""

    def __init__(self, reason: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason: Final = reason
        self.retry_after_seconds: Final = retry_after_seconds
