"""What many messages have: times, labels, expiration."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import invalid
from clew.domain.expiration import DAY_SECONDS, SECOND, Expiration, Policy
from clew.domain.expiration import expires_at as ends_at
from clew.domain.noun import Noun, replace
from clew.domain.patch import restored, shown_as_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

N = TypeVar("N", bound=Noun)

DEFAULT: Final = Expiration(policy=Policy.SINCE_LAST_ACTIVE, ttl_seconds=7 * DAY_SECONDS)
"""What a thing has that was made here without a word about its end. Contract: section 3.2."""

NEVER: Final = Expiration(policy=Policy.SINCE_LAST_ACTIVE, ttl_seconds=36_500 * DAY_SECONDS)
"""How a thing is shown that never ends: this dialect has no word for it, and its clients refuse an absent policy."""

TTL_DAYS_MAX: Final = 1_000_000
"""Beyond this a date has no four-digit year."""

_POLICIES: Final = {
    Policy.STATIC: wire.ExpirationConfig.STATIC,
    Policy.SINCE_LAST_ACTIVE: wire.ExpirationConfig.SINCE_LAST_ACTIVE,
}
_POLICIES_BACK: Final = {number: policy for policy, number in _POLICIES.items()}


def dump(value: object) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()


def time_to_wire(at: int) -> wire.Timestamp:
    """A time in microseconds."""
    seconds, micros = divmod(at, SECOND)
    return wire.Timestamp(seconds=seconds, nanos=micros * 1000)


def labels_to_wire(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Metadata where only strings can be said: other values as JSON text."""
    return {name: shown_as_text(value, dump) for name, value in metadata.items()}


def labels_from_wire(labels: Mapping[str, str], old: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Labels as metadata; what was shown as JSON text and comes back as it was, is what it was."""
    return restored(old or {}, dict(labels), dump)


def expiration_to_wire(expiration: Expiration | None) -> wire.ExpirationConfig:
    """When a thing ends. Parts of a day, which only another dialect can say, are shown as a whole one."""
    shown = expiration or NEVER
    return wire.ExpirationConfig(
        expiration_policy=_POLICIES[shown.policy], ttl_days=max(1, -(-shown.ttl_seconds // DAY_SECONDS))
    )


def expires_at_to_wire(expiration: Expiration | None, *, created_at: int, last_active_at: int | None) -> wire.Timestamp:
    """The date that belongs to it, whether or not the server acts on it."""
    ends = ends_at(expiration or NEVER, created_at=created_at, last_active_at=last_active_at or created_at)
    return time_to_wire(ends or created_at)


def expiration_from_wire(sent: wire.ExpirationConfig, old: Expiration | None = None) -> Expiration | None:
    """What was sent, each part that was not with its default; `old` where nothing of it is another than was shown."""
    if old is None and sent == expiration_to_wire(None):
        return None  # never, as it was shown
    if sent.ttl_days < 0 or sent.ttl_days > TTL_DAYS_MAX:
        raise invalid("expiration_config.ttl_days", f"must be between 1 and {TTL_DAYS_MAX}")
    if sent.expiration_policy and sent.expiration_policy not in _POLICIES_BACK:
        raise invalid("expiration_config.expiration_policy", f"there is no policy {sent.expiration_policy}")
    policy = _POLICIES_BACK.get(sent.expiration_policy, DEFAULT.policy)
    if old is not None and sent.ttl_days == expiration_to_wire(old).ttl_days:
        return Expiration(policy=policy, ttl_seconds=old.ttl_seconds)
    return Expiration(policy=policy, ttl_seconds=(sent.ttl_days or DEFAULT.ttl_seconds // DAY_SECONDS) * DAY_SECONDS)


def described(noun: Any) -> dict[str, Any]:  # noqa: ANN401 (any noun that has all of these)
    """The fields that threads, assistants, files, users and search indexes have in common, by name."""
    return {
        "id": noun.id,
        "folder_id": noun.folder or noun.project_id,
        "name": noun.name,
        "description": noun.description,
        "created_by": noun.created_by,
        "created_at": time_to_wire(noun.created_at),
        "updated_by": noun.updated_by,
        "updated_at": time_to_wire(noun.updated_at),
        "expiration_config": expiration_to_wire(noun.expiration),
        "expires_at": expires_at_to_wire(
            noun.expiration, created_at=noun.created_at, last_active_at=noun.last_active_at
        ),
        "labels": labels_to_wire(noun.metadata),
    }


def new_described(sent: Any) -> dict[str, Any]:  # noqa: ANN401 (any request that makes one of them)
    """What a new thing is to be, as far as all of them have it."""
    return {
        "description": sent.description or None,
        "metadata": labels_from_wire(sent.labels),
        "expiration": expiration_from_wire(sent.expiration_config) if sent.HasField("expiration_config") else DEFAULT,
    }


def revised(old: N, new: Any, fields: Collection[str]) -> N:  # noqa: ANN401 (the message that `old` is shown as)
    """The thing as an update leaves it: of what all of them have, these fields as in `new`, all else as it was."""
    noun: Any = old
    said: dict[str, Any] = {}
    if "name" in fields:
        said["name"] = new.name or None
    if "description" in fields:
        said["description"] = new.description or None
    if "labels" in fields:
        said["metadata"] = labels_from_wire(new.labels, noun.metadata)
    if "expiration_config" in fields:
        said["expiration"] = expiration_from_wire(new.expiration_config, noun.expiration)
    return replace(old, **said) if said else old


def struct_to_wire(value: Mapping[str, Any] | None) -> wire.Struct:
    """A JSON object. Its numbers are doubles from here on; one that no double can hold is shown as text."""
    struct = wire.Struct()
    if value:
        try:
            struct.update(dict(value))
        except OverflowError:
            struct.Clear()
            struct.update(_without_giants(dict(value)))
    return struct


def _without_giants(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    match value:
        case {**named}:
            return {name: _without_giants(one) for name, one in named.items()}
        case [*listed]:
            return [_without_giants(one) for one in listed]
        case int() if abs(value) > sys.float_info.max:
            return str(value)
        case _:
            return value


def struct_from_wire(struct: wire.Struct) -> dict[str, Any]:
    """A JSON object; a double without a fraction is a whole number again, as other dialects show it."""
    return {name: _value(value) for name, value in struct.fields.items()}


def _value(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    match value.WhichOneof("kind"):
        case "struct_value":
            return struct_from_wire(value.struct_value)
        case "list_value":
            return [_value(one) for one in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() and abs(number) < _EXACT else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


_EXACT: Final = 2.0**53
