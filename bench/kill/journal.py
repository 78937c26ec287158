"""What the writers write down: before they send what they intend, after the answer what was answered.

One record a line. A check needs nothing else, so a journal that was kept can be checked again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Intent(msgspec.Struct, tag="intent", omit_defaults=True, kw_only=True):
    """A write that is about to be sent. `kind` says which; things are named by their marks.

    `marks` are the messages that come with a thread or a run, or the parts an upload is completed from. `asked` is the
    message that a run answers, `value` the new metadata of a patch.
    """

    n: int
    life: int
    writer: int
    kind: str
    thread: str = ""
    mark: str = ""
    marks: list[str] = []
    run: str = ""
    upload: str = ""
    asked: str = ""
    tools: bool = False
    value: str = ""


class Answer(msgspec.Struct, tag="answer", omit_defaults=True, kw_only=True):
    """The answer to a write, with the ids that it gave to marks. `expected` says whether a refusal is in order."""

    n: int
    status: int
    ids: dict[str, str] = {}
    expected: bool = True
    said: str = ""


class Heard(msgspec.Struct, tag="heard", kw_only=True):
    """How far a run's log was read: the last number, and a digest of everything up to it."""

    run: str
    last: int
    digest: str


class Fault(msgspec.Struct, tag="fault", kw_only=True):
    """Something that a writer saw at once to be wrong."""

    what: str


class Settled(msgspec.Struct, tag="settled", omit_defaults=True, kw_only=True):
    """What a check found where nothing had been answered: from then on it is a fact like an answered one.

    `made` and `gone` are of the thing with this mark, `value` is its metadata, `n` the write that is decided by it.
    """

    mark: str
    made: bool | None = None
    gone: bool | None = None
    id: str = ""
    value: str | None = None


class Decided(msgspec.Struct, tag="decided", kw_only=True):
    """Whether a write that nobody answered was found. None where nobody can see it."""

    n: int
    found: bool | None


class Ended(msgspec.Struct, tag="ended", kw_only=True):
    """A run as a check saw it end: its whole log can only be this from now on."""

    run: str
    status: str
    last: int
    digest: str
    taken_over: int


Record = Intent | Answer | Heard | Fault | Settled | Decided | Ended


class Journal:
    """The file. Records are numbered by whoever writes them; nothing is synced, because only the server dies."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def write(self, record: Record) -> None:
        """Write it down."""
        self._file.write(msgspec.json.encode(record) + b"\n")

    def flush(self) -> None:
        """Hand what was written to the system."""
        self._file.flush()


def read(path: Path) -> Iterator[Record]:
    """The records of a journal, in order."""
    decoder = msgspec.json.Decoder(Record)
    with path.open("rb") as file:
        for line in file:
            yield decoder.decode(line)
