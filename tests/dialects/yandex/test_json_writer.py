"""Answers as JSON: the same as protobuf's own writer makes, of every type of message."""

import json

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.dialects.yandex import wire
from clew.dialects.yandex.json_writer import Shape, value_of, write
from clew.dialects.yandex.operations import OPERATIONS


def _types() -> dict:
    found = {}

    def walk(descriptor):
        if descriptor.full_name not in found:
            found[descriptor.full_name] = GetMessageClass(descriptor)
            for field in descriptor.fields:
                if field.message_type and field.message_type.file.package != "google.protobuf":
                    walk(field.message_type)

    for operation in OPERATIONS:
        walk(operation.takes.DESCRIPTOR)
        walk(operation.gives.DESCRIPTOR)
    return {name: kind for name, kind in found.items() if not kind.DESCRIPTOR.GetOptions().map_entry}


TYPES = _types()

_TEXT = st.text(max_size=5)
_WHOLE = st.integers(-(2**63), 2**63 - 1)
_DOUBLE = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)  # no minus nought
_JSON = st.recursive(
    st.none() | st.booleans() | _DOUBLE | _TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=4,
)
_SCALARS = {
    FieldDescriptor.TYPE_STRING: _TEXT,
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=5),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_DOUBLE: _DOUBLE,
    FieldDescriptor.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: _WHOLE,
    FieldDescriptor.TYPE_ENUM: st.integers(0, 9),
}


@st.composite
def _structs(draw):
    struct = wire.Struct()
    struct.update(draw(st.dictionaries(_TEXT, _JSON, max_size=3)))
    return struct


@st.composite
def _packed(draw):
    packed = wire.Any()
    packed.Pack(draw(messages(wire.SearchIndex) | _times | _structs()))
    return packed


_times = st.builds(
    wire.Timestamp,
    seconds=st.integers(0, 250_000_000_000),
    nanos=st.sampled_from([0, 5, 120_000, 12_000_000, 999_999_999]) | st.integers(0, 999_999_999),
)
_KNOWN = {
    "Timestamp": _times,
    "Struct": _structs(),
    "Any": st.deferred(_packed),
    "FieldMask": st.builds(
        wire.FieldMask, paths=st.lists(st.sampled_from(["name", "expiration_config.ttl_days"]), max_size=3)
    ),
    "BoolValue": st.builds(wire.BoolValue, value=st.booleans()),
    "DoubleValue": st.builds(wire.DoubleValue, value=_DOUBLE),
    "Int64Value": st.builds(wire.Int64Value, value=_WHOLE),
}


def _values(field):
    inner = field.message_type
    if inner is None:
        return _SCALARS[field.type]
    if inner.file.package == "google.protobuf":
        return _KNOWN[inner.name]
    return messages(GetMessageClass(inner))


@st.composite
def messages(draw, kind):
    fields = {}
    choices = {}
    for field in kind.DESCRIPTOR.fields:
        if field.containing_oneof is not None:
            chosen = choices.setdefault(
                field.containing_oneof.name, draw(st.sampled_from([*field.containing_oneof.fields, None]))
            )
            if chosen is None or chosen.name != field.name:
                continue
        elif not draw(st.booleans()):
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            fields[field.name] = draw(st.dictionaries(_TEXT, _TEXT, max_size=2))
        elif field.is_repeated:
            fields[field.name] = draw(st.lists(_values(field), max_size=2))
        else:
            fields[field.name] = draw(_values(field))
    return kind(**fields)


_FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", TYPES)
@_FEW
@given(data=st.data())
def test_every_type_of_message_is_written_as_protobuf_writes_it(name, data):
    message = data.draw(messages(TYPES[name]))
    expected = json_format.MessageToDict(message, descriptor_pool=wire.POOL)
    assert json.loads(write(message, Shape.CAMEL)) == expected


@pytest.mark.parametrize("name", TYPES)
@_FEW
@given(data=st.data())
def test_with_underscores_nothing_is_missing_and_the_rest_is_the_same(name, data):
    message = data.draw(messages(TYPES[name]))
    written = value_of(message, Shape.SNAKE)
    expected = json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        descriptor_pool=wire.POOL,
    )
    assert _without_null(json.loads(json.dumps(written))) == _without_null(_masks_as_sent(expected, message))
    assert all(
        field.name in written
        for field in message.DESCRIPTOR.fields
        if field.containing_oneof is None and name != "google.protobuf.Any"
    )


def _masks_as_sent(expected, message):
    for name in ("update_mask",):
        if name in expected:
            expected[name] = ",".join(message.update_mask.paths)
    for name, value in list(expected.items()):
        if isinstance(value, list) and name == "versions":
            expected[name] = [_masks_as_sent(*pair) for pair in zip(value, message.versions, strict=True)]
    return expected


def _without_null(value):
    if isinstance(value, dict):
        return {name: _without_null(one) for name, one in value.items() if one is not None}
    return [_without_null(one) for one in value] if isinstance(value, list) else value
