"""The filters and orders of lists, in the domain's words: which fields there are, and how each may be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.literal import times
from clew.dialects.literal.mapping.steps import KINDS, kind_word
from clew.dialects.literal.refusal import shown
from clew.dialects.literal.shapes import is_list, is_number, is_object
from clew.domain.problem import Invalid
from clew.domain.query import Filter, Op

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEXT: Final = frozenset({"eq", "neq", "ilike", "nilike", "like", "nlike", "in", "nin", "is", "nis"})
_NUMBER: Final = frozenset({"eq", "neq", "gt", "gte", "lt", "lte", "in", "nin", "is", "nis"})
_TIME: Final = frozenset({"gt", "gte", "lt", "lte", "is", "nis"})

_OPS: Final = {
    **{op.value: op for op in Op if op not in (Op.HAS, Op.NHAS)},
    "ilike": Op.HAS,
    "like": Op.HAS,
    "nilike": Op.NHAS,
    "nlike": Op.NHAS,
}
_SINGLE: Final = {Op.EQ: Op.IN, Op.NEQ: Op.NIN}
"""What compares with one value, and what does the same with many."""

_Fields = dict[str, tuple[str, frozenset[str]]]
_THREADS: Final[_Fields] = {
    "id": ("id", _TEXT),
    "createdAt": ("created_at", _TIME),
    "name": ("name", _TEXT),
    "metadata": ("metadata", _TEXT | _NUMBER),
    "tags": ("tags", _TEXT),
    "tokenCount": ("tokens", _NUMBER),
    "duration": ("seconds", _NUMBER),
    "environment": ("environment", _TEXT),
    "stepType": ("step_type", _TEXT),
    "stepName": ("step_name", _TEXT),
    "stepOutput": ("step_output", _TEXT | _NUMBER),
    "participantId": ("participant_id", _TEXT),
    "participantIdentifier": ("participant_identifier", _TEXT),
    "participantIdentifiers": ("participant_identifier", _TEXT),
    "scoreValue": ("score", _NUMBER),
}
_STEPS: Final[_Fields] = {
    "id": ("id", _TEXT),
    "createdAt": ("created_at", _TIME),
    "name": ("name", _TEXT),
    "type": ("type", _TEXT),
    "input": ("input", _TEXT | _NUMBER),
    "output": ("output", _TEXT | _NUMBER),
    "startTime": ("started_at", _TIME),
    "endTime": ("ended_at", _TIME),
    "metadata": ("metadata", _TEXT | _NUMBER),
    "parentId": ("parent_id", _TEXT),
    "threadId": ("thread_id", _TEXT),
    "error": ("error", _TEXT),
    "tags": ("tags", _TEXT),
    "environment": ("environment", _TEXT),
    "participantIdentifier": ("participant_identifier", _TEXT),
    "participantIdentifiers": ("participant_identifier", _TEXT),
}
_PARTICIPANTS: Final[_Fields] = {
    "id": ("id", _TEXT),
    "createdAt": ("created_at", _TIME),
    "identifier": ("identifier", _TEXT),
    "lastEngaged": ("last_active_at", _TIME),
    "threadCount": ("threads", _NUMBER),
    "tokenCount": ("tokens", _NUMBER),
    "metadata": ("metadata", _TEXT | _NUMBER),
}
_SCORES: Final[_Fields] = {
    "id": ("id", _TEXT),
    "createdAt": ("created_at", _TIME),
    "participant": ("participant_identifier", _TEXT),
    "name": ("name", _TEXT),
    "tags": ("tags", _TEXT),
    "value": ("value", _NUMBER),
    "type": ("kind", _TEXT),
    "comment": ("comment", _TEXT),
    "stepId": ("step_id", _TEXT),
}
_GENERATIONS: Final[_Fields] = {
    "id": ("id", _TEXT),
    "createdAt": ("created_at", _TIME),
    "model": ("model", _TEXT),
    "provider": ("provider", _TEXT),
    "duration": ("seconds", _NUMBER),
    "promptVersion": ("prompt_id", _TEXT),
    "promptLineage": ("prompt", _TEXT),
    "tags": ("tags", _TEXT),
    "score": ("score", _NUMBER),
    "participant": ("participant_identifier", _TEXT),
    "tokenCount": ("tokens", _NUMBER),
    "error": ("error", _TEXT),
}
FIELDS: Final[dict[str, _Fields]] = {
    "threads": _THREADS,
    "steps": _STEPS,
    "participants": _PARTICIPANTS,
    "scores": _SCORES,
    "generations": _GENERATIONS,
}
"""The fields that each list can be filtered by."""

SORTS: Final = {
    "threads": {"createdAt": "created_at", "tokenCount": "tokens", "participant": "participant"},
    "steps": {"createdAt": "created_at"},
    "scores": {"createdAt": "created_at"},
    "participants": {"createdAt": "created_at"},
    "datasets": {"createdAt": "created_at"},
    "generations": {
        "createdAt": "created_at",
        "tokenCount": "tokens",
        "model": "model",
        "provider": "provider",
        "duration": "seconds",
    },
}
"""The columns that each list can be ordered by."""

_OLD: Final = {
    "createdAt": ("createdAt", None),
    "afterCreatedAt": ("createdAt", None),
    "beforeCreatedAt": ("createdAt", None),
    "environment": ("environment", None),
    "participantsIdentifier": ("participantIdentifier", None),
    "feedbacksValue": ("scoreValue", "user-feedback"),
    "search": ("stepOutput", None),
    "duration": ("duration", None),
    "tokenCount": ("tokenCount", None),
}
"""The keys of the filters of early 2024, each with the field and the path that it is now."""


def sort_from_wire(name: str, column: str) -> str:
    """What a list is ordered by. Raises `Invalid` for a column that it has not."""
    if column not in SORTS[name]:
        raise Invalid("orderBy", f"{name} cannot be ordered by {shown(column)}, only by {', '.join(SORTS[name])}")
    return SORTS[name][column]


def filters_from_wire(name: str, filters: Iterable[Mapping[str, Any]]) -> tuple[Filter, ...]:
    """The filters of a list. Raises `Invalid` for a field, an operator or a value that cannot be."""
    found: list[Filter] = []
    for one in filters:
        if "field" in one:
            found.append(_filter(name, one))
        else:
            found.extend(_filter(name, old) for old in _now(one))
    return tuple(found)


def _now(filters: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """The filters of early 2024, an object with a key for each, as they are sent now."""
    for key, one in filters.items():
        if one is None:
            continue
        if key not in _OLD or not is_object(one):
            raise Invalid("filters", f"there is no filter {shown(key)}")
        field, path = _OLD[key]
        operator = one.get("operator") or {"afterCreatedAt": "gt", "beforeCreatedAt": "lt"}.get(key)
        yield {"field": field, "operator": operator, "value": one.get("value"), "path": path}


def _filter(name: str, sent: Mapping[str, Any]) -> Filter:
    field, operator, value = sent["field"], sent.get("operator"), sent.get("value")
    path = sent.get("path") or None
    # The filters of early 2024 come as they are: no schema says what is in them.
    if not isinstance(field, str) or field not in FIELDS[name]:
        raise Invalid("filters", f"{name} have no field {shown(field)} to filter by")
    ours, operators = FIELDS[name][field]
    if not isinstance(operator, str) or operator not in operators:
        raise Invalid("filters", f"{field} cannot be compared by {shown(operator)}")
    if not isinstance(path, str | None):
        raise Invalid("filters", f"the path of {field} has to be a string")
    op, said = _compared(field, _OPS[operator], value, operators)
    return Filter(field=ours, op=op, value=said, path=path)


def _compared(field: str, op: Op, value: Any, operators: frozenset[str]) -> tuple[Op, Any]:  # noqa: ANN401 (any JSON)
    """The comparison and what it is made with: one value, or a list for those that take many."""
    if op in {Op.IS, Op.NIS}:
        return op, _nothing_or_truth(field, value)
    if operators is _TIME:
        return op, _time(field, value)
    if op in {Op.HAS, Op.NHAS}:
        return op, _piece(field, value)
    said = [_said(field, one, operators) for one in (value if is_list(value) else [value])]
    if field == "environment" and not {"prod", "production"}.isdisjoint(said):
        said = list(dict.fromkeys([*said, "prod", "production"]))  # one environment, by a newer and an older word
    if op in _SINGLE and (is_list(value) or len(said) != 1):
        op = _SINGLE[op]
    if op in {Op.IN, Op.NIN}:
        return op, said
    if len(said) != 1:
        raise Invalid("filters", f"{field} is compared with one value, not with a list")
    return op, said[0]


def _time(field: str, value: Any) -> int:  # noqa: ANN401 (any JSON)
    try:
        return times.read(value)
    except (AttributeError, ValueError, OverflowError):
        raise Invalid("filters", f"{field} is compared with a time in ISO 8601, not with {shown(value)}") from None


def _nothing_or_truth(field: str, value: Any) -> bool | None:  # noqa: ANN401 (any JSON)
    if value is None or isinstance(value, bool):
        return value
    raise Invalid("filters", f"{field} is null, true or false, and not {shown(value)}")


def _piece(field: str, value: Any) -> str:  # noqa: ANN401 (any JSON)
    """The text that is looked for. Signs for anything at its ends say what is meant anyway."""
    if not (isinstance(value, str) or is_number(value)):
        raise Invalid("filters", f"{field} is searched for text, not for {shown(value)}")
    return str(value).replace("\0", "").strip("%")


def _said(field: str, value: Any, operators: frozenset[str]) -> Any:  # noqa: ANN401 (any JSON)
    """A value to compare with, in the domain's words where the field has words of its own."""
    if operators is _NUMBER:
        if not is_number(value):
            raise Invalid("filters", f"{field} is compared with a number, not with {shown(value)}")
        return value
    if operators is _TEXT:
        if not isinstance(value, str):
            raise Invalid("filters", f"{field} is compared with text, not with {shown(value)}")
        return _word(field, value.replace("\0", ""))
    if is_list(value) or is_object(value) or value is None:
        raise Invalid("filters", f"{field} is compared with text or a number, not with {shown(value)}")
    return value


def _word(field: str, value: str) -> str:
    if field == "stepType" or (field == "type" and value in KINDS):
        return kind_word(value)
    return value.lower() if field == "type" else value
