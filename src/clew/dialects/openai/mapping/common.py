"""What every noun's mapping needs: times, metadata, usage, faults."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from clew.dialects.openai import wire
from clew.domain.expiration import SECOND
from clew.domain.patch import UNSET, Given, restored, shown_as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clew.domain.item import Fault, Usage

ERROR_CODES: Final[dict[str, Literal["rate_limit_exceeded", "invalid_prompt"]]] = {
    "rate_limit": "rate_limit_exceeded",
    "invalid_prompt": "invalid_prompt",
}
"""Our fault codes to this dialect's; every other one is a `server_error`."""

_FILTER: Final = re.compile(r"metadata\[(.+)\]", re.DOTALL)


def seconds(at: int) -> int:
    """Microseconds to whole seconds."""
    return at // SECOND


def seconds_or_none(at: int | None) -> int | None:
    """Microseconds to whole seconds, and None to None."""
    return None if at is None else at // SECOND


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def metadata_to_wire(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Metadata for clients that allow only strings: other values are shown as JSON text."""
    for value in metadata.values():
        if type(value) is not str:
            return {key: shown_as_text(value, _json) for key, value in metadata.items()}
    return metadata  # type: ignore[return-value]  # the loop has seen that every value is a string


def replaced_metadata(body: Mapping[str, Any]) -> Given[Callable[[dict[str, Any]], dict[str, Any]]]:
    """What a modify call makes of metadata: absent leaves it, null empties it, a map replaces it as a whole.

    A value that was shown as text, because it is none, and comes back as it was shown, is put back as it is.
    """
    if "metadata" not in body:
        return UNSET
    new: dict[str, str] = body["metadata"] or {}
    return lambda old: restored(old, new, _json)


def metadata_filter(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The `metadata[name]=value` pairs of a query."""
    return {match[1]: value for name, value in pairs if (match := _FILTER.fullmatch(name))}


def usage_to_wire(usage: Usage | None) -> wire.Usage | None:
    """Tokens."""
    if usage is None:
        return None
    return wire.Usage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
    )


def run_error(fault: Fault | None) -> wire.RunError | None:
    """Why a run failed."""
    if fault is None:
        return None
    return wire.RunError(code=ERROR_CODES.get(fault.code, "server_error"), message=fault.message)


def step_error(fault: Fault | None) -> wire.StepError | None:
    """Why a step failed. Steps know no `invalid_prompt`."""
    if fault is None:
        return None
    limited = fault.code == "rate_limit"
    return wire.StepError(code="rate_limit_exceeded" if limited else "server_error", message=fault.message)
