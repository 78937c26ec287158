"""Compiles the Yandex dialect's .proto files: descriptors for the server, and types of its messages for checkers.

`wire.binpb` holds the descriptors, from which `wire.py` makes message classes when it is imported; `wire.pyi` says what
those classes look like. Run it after changing a .proto file: `uv run tools/protos.py`. `--check` changes nothing and
fails where a file is not current.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto

ROOT: Final = Path(__file__).resolve().parent.parent
DIALECT: Final = ROOT / "src" / "clew" / "dialects" / "yandex"
PROTO: Final = DIALECT / "proto"

HEAD: Final = """# Types of the messages that `wire.py` makes. Made by tools/protos.py.

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any as Untyped
from typing import Final

from google.protobuf.any_pb2 import Any as Any
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.field_mask_pb2 import FieldMask as FieldMask
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer, RepeatedScalarFieldContainer
from google.protobuf.message import Message as ProtoMessage
from google.protobuf.struct_pb2 import Struct as Struct
from google.protobuf.timestamp_pb2 import Timestamp as Timestamp
from google.protobuf.wrappers_pb2 import BoolValue as BoolValue
from google.protobuf.wrappers_pb2 import DoubleValue as DoubleValue
from google.protobuf.wrappers_pb2 import Int64Value as Int64Value

POOL: Final[DescriptorPool]
REQUIRED: Final[Untyped]
SIZE: Final[Untyped]
LENGTH: Final[Untyped]

def http_rule(service: str, method: str) -> tuple[str, str] | None: ...
def options_of(field: FieldDescriptor) -> Untyped: ...
def method_types(service: str, method: str) -> tuple[type[ProtoMessage], type[ProtoMessage], bool, bool]: ...
"""

WELL_KNOWN: Final = "google.protobuf."
LEFT_OUT: Final = ("google.protobuf", "google.api", "yandex.cloud.api", "yandex.cloud")

SCALARS: Final = {
    FieldDescriptorProto.TYPE_DOUBLE: "float",
    FieldDescriptorProto.TYPE_FLOAT: "float",
    FieldDescriptorProto.TYPE_INT32: "int",
    FieldDescriptorProto.TYPE_INT64: "int",
    FieldDescriptorProto.TYPE_BOOL: "bool",
    FieldDescriptorProto.TYPE_STRING: "str",
    FieldDescriptorProto.TYPE_BYTES: "bytes",
}


def main() -> int:
    """Writes or checks, as the arguments say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail where a file is not current")
    check = parser.parse_args().check
    content = compiled()
    stale = [
        path.name
        for path, new in ((DIALECT / "wire.binpb", content), (DIALECT / "wire.pyi", stubs(content).encode()))
        if not _is_current(path, new, check=check)
    ]
    if stale:
        print(f"not current: {', '.join(stale)}; run `uv run tools/protos.py`", file=sys.stderr)
    return bool(stale)


def _is_current(path: Path, new: bytes, *, check: bool) -> bool:
    if path.exists() and path.read_bytes() == new:
        return True
    if not check:
        path.write_bytes(new)
    return not check


def compiled() -> bytes:
    """The descriptors of all files, and of what they import."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        named = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
        known = str(files("grpc_tools") / "_proto")
        options = [f"-I{PROTO}", f"-I{known}", "--include_imports", f"--descriptor_set_out={out}"]
        if protoc.main(["protoc", *options, *named]):  # pyright: ignore[reportUnknownMemberType]
            raise SystemExit(1)
        return out.read_bytes()


def stubs(content: bytes) -> str:
    """What checkers read."""
    found = FileDescriptorSet.FromString(content)
    lines = [HEAD]
    for file in found.file:
        if file.package in LEFT_OUT:
            continue
        for enum in file.enum_type:
            lines += _enum(enum, "")
        for message in file.message_type:
            lines += ["", *_message(message, f".{file.package}.{message.name}", "")]
    return "\n".join(lines) + "\n"


def _enum(enum: EnumDescriptorProto, indent: str) -> Iterator[str]:
    for value in enum.value:
        yield f"{indent}{value.name}: Final = {value.number}"


def _message(message: DescriptorProto, full: str, indent: str) -> list[str]:
    inner = indent + "    "
    lines = [f"{indent}class {message.name}(ProtoMessage):"]
    entries = {f"{full}.{nested.name}": nested for nested in message.nested_type if nested.options.map_entry}
    for enum in message.enum_type:
        lines += _enum(enum, inner)
    for nested in message.nested_type:
        if not nested.options.map_entry:
            lines += _message(nested, f"{full}.{nested.name}", inner)
    taken: list[str] = []
    for field in message.field:
        held, given = _types(field, entries)
        settable = (
            field.type != FieldDescriptorProto.TYPE_MESSAGE and field.label != FieldDescriptorProto.LABEL_REPEATED
        )
        if settable:
            lines.append(f"{inner}{field.name}: {held}")
        else:
            lines += [f"{inner}@property", f"{inner}def {field.name}(self) -> {held}: ..."]
        taken.append(f"{field.name}: {given} | None = ...")
    if taken:
        arguments = [f"{inner}    {one}," for one in taken]
        lines += [f"{inner}def __init__(", f"{inner}    self,", f"{inner}    *,", *arguments, f"{inner}) -> None: ..."]
    else:
        lines.append(f"{inner}def __init__(self) -> None: ...")
    return lines


def _types(field: FieldDescriptorProto, entries: dict[str, DescriptorProto]) -> tuple[str, str]:
    """What the field holds, and what may be given for it when a message is made."""
    if field.type_name in entries:
        key, value = (_name(one) for one in entries[field.type_name].field)
        return f"MutableMapping[{key}, {value}]", f"Mapping[{key}, {value}]"
    name = _name(field)
    if field.label != FieldDescriptorProto.LABEL_REPEATED:
        return name, name
    kind = "Composite" if field.type == FieldDescriptorProto.TYPE_MESSAGE else "Scalar"
    return f"Repeated{kind}FieldContainer[{name}]", f"Iterable[{name}]"


def _name(field: FieldDescriptorProto) -> str:
    if field.type == FieldDescriptorProto.TYPE_ENUM:
        return "int"
    if field.type in SCALARS:
        return SCALARS[field.type]
    full = field.type_name.removeprefix(".")
    if full.startswith(WELL_KNOWN):
        return full.removeprefix(WELL_KNOWN)
    # A message is named from where its package ends: packages are written small, messages are not.
    return ".".join(word for word in full.split(".") if word[0].isupper())


if __name__ == "__main__":
    raise SystemExit(main())
