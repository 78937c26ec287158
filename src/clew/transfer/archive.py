"""The file that a backup is: a plain tar, written and read from its beginning to its end.

    clew-backup.json    which format, which Clew, which store, which schema, when
    clew.db             the database at one moment
    blobs/3f/3f9c…      the bytes that it names
    sha256.txt          the digest of each of them, as `sha256sum --check` takes it

The digests come last, so an archive that has them was finished, and one that was cut short has none. Nothing is taken
out of an archive whose name or kind is not one of these: a name can lead nowhere else.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import BinaryIO

FORMAT: Final = 1
HEAD: Final = "clew-backup.json"
DATABASE: Final = "clew.db"
DIGESTS: Final = "sha256.txt"
CHUNK_BYTES: Final = 1024 * 1024

_BLOB: Final = re.compile(r"blobs/([0-9a-f]{2})/(\1[0-9a-f]{30})")
_DIGEST: Final = re.compile(r"([0-9a-f]{64})  (\S+)")
_HEAD_BYTES_MAX: Final = 64 * 1024


class Damaged(Exception):
    """An archive that cannot be used. `str` is a clause that says why."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive says of itself. Times are ISO 8601, UTC."""

    format: int
    clew: str
    made_at: str
    store: str
    schema: int


def name_of(blob: str) -> str:
    """What the archive calls a blob."""
    return f"blobs/{blob[:2]}/{blob}"


def blob_of(name: str) -> str | None:
    """Which blob the archive calls so, None for what is no blob."""
    found = _BLOB.fullmatch(name)
    return found[2] if found else None


@dataclass
class _Hashed:
    """A source whose bytes are counted into a digest as they pass by."""

    source: BinaryIO

    def __post_init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self.source.read(size)
        self.sha256.update(found)
        return found


class ArchiveWriter:
    """An archive that is being written to a file: its head first, then `add` for each part, then `finish`."""

    def __init__(self, file: BinaryIO, head: Head) -> None:
        # Not as a stream: one that is given up writes its last words when it is collected, to whatever is open then.
        self._tar = tarfile.open(mode="w:", fileobj=file, format=tarfile.PAX_FORMAT)  # noqa: SIM115 (closed by `finish`)
        self._digests = io.BytesIO()
        content = msgspec.json.format(msgspec.json.encode(head)) + b"\n"
        self.add(HEAD, io.BytesIO(content), len(content))

    def add(self, name: str, source: BinaryIO, size: int) -> None:
        """The next part. Raises OSError where the source has fewer bytes than was said."""
        hashed = _Hashed(source)
        self._put(name, hashed, size)
        self._digests.write(f"{hashed.sha256.hexdigest()}  {name}\n".encode())

    def _put(self, name: str, source: Any, size: int) -> None:  # noqa: ANN401 (tarfile only calls `read`)
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._tar.addfile(info, source)
        _forget(self._tar)

    def finish(self) -> None:
        """The digests, and the end."""
        size = self._digests.tell()
        self._digests.seek(0)
        self._put(DIGESTS, self._digests, size)
        self._tar.close()


class Archive:
    """An archive that is being read, once, from its beginning. `head` is read by opening it. Raises `Damaged`."""

    def __init__(self, file: BinaryIO) -> None:
        self._parts = _parts(file)
        self._found: dict[str, str] = {}
        name, size, chunks = next(self._parts, ("", 0, iter(())))
        if name != HEAD or size > _HEAD_BYTES_MAX:
            raise Damaged("it does not begin as a backup of Clew does")
        try:
            self.head = msgspec.json.decode(self._digested(name, chunks, io.BytesIO()).getvalue(), type=Head)
        except msgspec.MsgspecError as error:
            raise Damaged("what it says of itself cannot be read") from error
        if self.head.format != FORMAT:
            raise Damaged(f"it has the format {self.head.format}, and this Clew reads {FORMAT}: take a newer one")

    def read(self, sink: Callable[[str], BinaryIO | None]) -> dict[str, int]:
        """Every further part into the file that `sink` gives for its name, or nowhere. Returns their sizes by name.

        Whoever asks must leave everything alone until this returns: only then is the whole known to be right.
        Raises `Damaged`.
        """
        sizes: dict[str, int] = {}
        expected: dict[str, str] | None = None
        for name, size, chunks in self._parts:
            if expected is not None:
                raise Damaged(f"something follows its end: {name!r}")
            if name == DIGESTS:
                expected = _digests(b"".join(chunks))
                continue
            if name in sizes or (name == DATABASE) != (not sizes):
                raise Damaged(f"{name!r} is not in its place")
            if name != DATABASE and blob_of(name) is None:
                raise Damaged(f"it holds {name!r}, which no backup of Clew does")
            file = sink(name)
            try:
                self._digested(name, chunks, file)
            finally:
                if file is not None:
                    file.close()
            sizes[name] = size
        if expected is None:
            raise Damaged("its end is missing")
        wrong = sorted(name for name, _ in self._found.items() ^ expected.items())
        if wrong:
            raise Damaged(f"{wrong[0]!r} is not what was backed up")
        return sizes

    def _digested(self, name: str, chunks: Iterator[bytes], file: Any) -> Any:  # noqa: ANN401 (the file as it came)
        sha256 = hashlib.sha256()
        for chunk in chunks:
            sha256.update(chunk)
            if file is not None:
                file.write(chunk)
        self._found[name] = sha256.hexdigest()
        return file


@contextmanager
def _own_words() -> Generator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise Damaged("it is no tar, or one that was cut short or changed") from error


def _parts(file: BinaryIO) -> Generator[tuple[str, int, Iterator[bytes]]]:
    """Name, size and bytes of each part. Raises `Damaged`."""
    with _own_words(), tarfile.open(mode="r|", fileobj=file, bufsize=CHUNK_BYTES) as tar:
        while info := tar.next():
            # A sparse one says how much it unfolds to, which may be any number.
            if info.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or info.issparse():
                raise Damaged(f"it holds {info.name!r}, which is no plain file")
            yield info.name, info.size, _chunks(tar, info)
            _forget(tar)


def _forget(tar: tarfile.TarFile) -> None:
    """What the module remembers of every part until the archive is closed, which nobody here looks back at."""
    vars(tar)["members"].clear()


def _chunks(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    source = tar.extractfile(info)
    left = info.size
    while left and source is not None:
        with _own_words():  # its own, because whoever takes the chunks is outside of that of `_parts`
            chunk = source.read(min(left, CHUNK_BYTES))
        if not chunk:
            raise Damaged("it was cut short")
        left -= len(chunk)
        yield chunk


def _digests(content: bytes) -> dict[str, str]:
    lines = [_DIGEST.fullmatch(line) for line in content.decode("ascii", "replace").splitlines()]
    return {line[2]: line[1] for line in lines if line}
