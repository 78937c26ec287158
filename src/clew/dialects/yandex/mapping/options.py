"""How a model is asked: truncation, completion and the format of answers, as assistants have them and runs set them.

What is read is checked against the rules that the interface states in words only (contract: section 2). An update that
masks a number without giving one leaves it as a 0 that is said; for token limits a 0 is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import invalid
from clew.dialects.yandex.mapping.common import struct_from_wire, struct_to_wire
from clew.domain.run import Truncation, TruncationMode
from clew.domain.tool import FormatKind, ResponseFormat

if TYPE_CHECKING:
    from clew.dialects.yandex.wire import Int64Value

SCHEMA_NAME: Final = "response"
"""The name of a JSON Schema that came from here: this dialect has none, other dialects and models' servers want one."""


AUTO: Final = Truncation(mode=TruncationMode.OLDEST)
"""What `auto_strategy` means here: the oldest goes first."""


def truncation_to_wire(truncation: Truncation | None, max_prompt_tokens: int | None) -> wire.PromptTruncationOptions:
    """How prompts are cut. Always with a strategy: clients fail where there is none."""
    options = wire.PromptTruncationOptions()
    if max_prompt_tokens is not None:
        options.max_prompt_tokens.value = max_prompt_tokens
    if truncation is not None and truncation.mode is TruncationMode.LAST_MESSAGES:
        options.last_messages_strategy.num_messages = truncation.count or 0
    else:
        options.auto_strategy.SetInParent()
    return options


def truncation_from_wire(sent: wire.PromptTruncationOptions, path: str) -> Truncation:
    """The strategy, `AUTO` where none is named. Raises `Refusal`."""
    if sent.WhichOneof("TruncationStrategy") != "last_messages_strategy":
        return AUTO
    count = sent.last_messages_strategy.num_messages
    if count <= 0:
        raise invalid(f"{path}.last_messages_strategy.num_messages", _POSITIVE)
    return Truncation(mode=TruncationMode.LAST_MESSAGES, count=count)


def completion_to_wire(temperature: float | None, max_tokens: int | None) -> wire.CompletionOptions:
    """Temperature and length of answers, each if it is said."""
    options = wire.CompletionOptions()
    if temperature is not None:
        options.temperature.value = temperature
    if max_tokens is not None:
        options.max_tokens.value = max_tokens
    return options


def temperature_from_wire(sent: wire.CompletionOptions, path: str) -> float | None:
    """The temperature. Raises `Refusal` for one that cannot be."""
    if not sent.HasField("temperature"):
        return None
    if not 0 <= sent.temperature.value <= 1:
        raise invalid(f"{path}.temperature", "must be between 0 and 1")
    return sent.temperature.value


def tokens_from_wire(sent: wire.CompletionOptions | wire.PromptTruncationOptions, name: str, path: str) -> int | None:
    """The token limit in the field `name`. Raises `Refusal` for one that cannot be."""
    if not sent.HasField(name):
        return None
    limit: Int64Value = getattr(sent, name)
    if limit.value <= 0:
        raise invalid(f"{path}.{name}", _POSITIVE)
    return limit.value


_POSITIVE: Final = "must be greater than 0"


def format_to_wire(asked: ResponseFormat | None) -> wire.ResponseFormat | None:
    """The format of answers, None where it is free text. A schema's name and strictness cannot be said here."""
    match asked:
        case ResponseFormat(kind=FormatKind.JSON_OBJECT):
            return wire.ResponseFormat(json_object=True)
        case ResponseFormat(kind=FormatKind.JSON_SCHEMA):
            return wire.ResponseFormat(json_schema=wire.JsonSchema(schema=struct_to_wire(asked.schema)))
        case _:
            return None


def format_from_wire(sent: wire.ResponseFormat, old: ResponseFormat | None = None) -> ResponseFormat | None:
    """The format, None where nothing is asked for; `old` where it comes back as it was shown."""
    if format_to_wire(old) == sent:
        return old
    match sent.WhichOneof("ResponseFormat"):
        case "json_object" if sent.json_object:
            return ResponseFormat(kind=FormatKind.JSON_OBJECT)
        case "json_schema":
            schema = struct_from_wire(sent.json_schema.schema)
            return ResponseFormat(kind=FormatKind.JSON_SCHEMA, name=SCHEMA_NAME, schema=schema)
        case _:
            return None
