"""The messages of the wire, made from descriptors when this module is imported. `wire.pyi` says what they look like.

The .proto files beside this module state the interface: names, numbers, types. tools/protos.py compiles them into
`wire.binpb`. They live in a pool of their own and not in protobuf's global one, so that a process may also load another
package's stubs for the same names. Every message stands in this module by its short name; enum values stand where their
enum is declared.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.message import Message

POOL: Final = DescriptorPool()

_LEFT_OUT: Final = ("google.protobuf", "google.api", "yandex.cloud.api", "yandex.cloud")
_WELL_KNOWN: Final = ("Any", "BoolValue", "DoubleValue", "FieldMask", "Int64Value", "Struct", "Timestamp")


def _load() -> None:
    """Make a class of every message. The set names files in an order in which each stands after what it imports."""
    found = FileDescriptorSet.FromString(files(__package__).joinpath("wire.binpb").read_bytes())
    for file in found.file:
        POOL.Add(file)  # type: ignore[no-untyped-call]
    for file in found.file:
        if file.package in _LEFT_OUT:
            continue
        for message in file.message_type:
            globals()[message.name] = GetMessageClass(POOL.FindMessageTypeByName(f"{file.package}.{message.name}"))
        for enum in file.enum_type:
            globals().update({value.name: value.number for value in enum.value})
    for name in _WELL_KNOWN:
        globals()[name] = GetMessageClass(POOL.FindMessageTypeByName(f"google.protobuf.{name}"))


_load()
REQUIRED: Final = POOL.FindExtensionByName("yandex.cloud.required")
SIZE: Final = POOL.FindExtensionByName("yandex.cloud.size")
LENGTH: Final = POOL.FindExtensionByName("yandex.cloud.length")
"""Rules that fields have in their options."""

_HTTP: Final = POOL.FindExtensionByName("google.api.http")
_METHOD_OPTIONS: Final = GetMessageClass(POOL.FindMessageTypeByName("google.protobuf.MethodOptions"))
_FIELD_OPTIONS: Final = GetMessageClass(POOL.FindMessageTypeByName("google.protobuf.FieldOptions"))


def http_rule(service: str, method: str) -> tuple[str, str] | None:
    """The verb and the path under which a method is found over HTTP, None where it is not."""
    options: Any = _METHOD_OPTIONS()
    # Options come out of descriptors as messages of the global pool, which do not know this pool's extensions.
    options.ParseFromString(POOL.FindServiceByName(service).methods_by_name[method].GetOptions().SerializeToString())
    rule = options.Extensions[_HTTP]
    verb = rule.WhichOneof("pattern")
    return None if verb is None else (verb.upper(), getattr(rule, verb))


def options_of(field: FieldDescriptor) -> Any:  # noqa: ANN401 (a class that is made here)
    """The options of a field, whose `Extensions` know this pool's rules."""
    options: Any = _FIELD_OPTIONS()
    options.ParseFromString(field.GetOptions().SerializeToString())
    return options


def method_types(service: str, method: str) -> tuple[type[Message], type[Message], bool, bool]:
    """What a method takes and gives, and whether it takes or gives a stream of that."""
    found: Any = POOL.FindServiceByName(service).methods_by_name[method]
    return (
        GetMessageClass(found.input_type),
        GetMessageClass(found.output_type),
        found.client_streaming,
        found.server_streaming,
    )
