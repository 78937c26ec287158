"""The archive: what is whole is read, and nothing else is."""

import io
import tarfile

import pytest

from clew.transfer.archive import DATABASE, DIGESTS, FORMAT, HEAD, Archive, ArchiveWriter, Damaged, Head, name_of

PARTS = {DATABASE: b"database" * 500, name_of("ab" * 16): b"bytes", name_of("ac" * 16): b""}


def head(**fields):
    return Head(**{"format": FORMAT, "clew": "0", "made_at": "2026", "store": "store_1", "schema": 2, **fields})


def written(parts=PARTS, **fields):
    file = io.BytesIO()
    archive = ArchiveWriter(file, head(**fields))
    for name, content in parts.items():
        archive.add(name, io.BytesIO(content), len(content))
    archive.finish()
    return file.getvalue()


def tar(*members, then=b""):
    """An archive of these, each a name with its content or a `TarInfo`, made by somebody else."""
    file = io.BytesIO()
    with tarfile.open(mode="w", fileobj=file) as out:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return file.getvalue() + then


def members(content):
    with tarfile.open(fileobj=io.BytesIO(content)) as read:
        return [(info.name, read.extractfile(info).read()) for info in read]


class Kept(io.BytesIO):
    """What was written, also after closing."""

    def close(self):
        self.content = self.getvalue()


def read(content):
    found = {}
    archive = Archive(io.BytesIO(content))
    sizes = archive.read(lambda name: found.setdefault(name, Kept()))
    assert sizes == {name: len(kept.content) for name, kept in found.items()}
    return archive.head, {name: kept.content for name, kept in found.items()}


def special(kind, name):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


def test_what_was_written_is_read():
    assert read(written()) == (head(), PARTS)


def test_any_tar_can_read_it_and_the_digests_can_be_checked_with_other_tools():
    content = dict(members(written()))
    assert list(content) == [HEAD, *PARTS, DIGESTS]
    assert all(name.encode() in content[DIGESTS] for name in (HEAD, *PARTS))


def test_where_it_was_cut_short_is_always_noticed():
    content = written()
    end = content.rindex(name_of("ac" * 16).encode())  # of the digests: what follows is padding
    for length in range(0, end, 97):
        with pytest.raises(Damaged):
            read(content[:length])


@pytest.mark.parametrize("what", [b"clew.db\0", b"databasedatabase", b"bytes", b'"store_1"', b"blobs/ac/"])
def test_a_changed_byte_is_always_noticed(what):
    content = bytearray(written())
    content[content.index(what) + 1] ^= 1
    with pytest.raises(Damaged):
        read(bytes(content))


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/etc/passwd",
        "blobs/../../outside",
        "blobs/ab/../" + "ab" * 16,
        "blobs/ab/" + "ac" * 16,
        "blobs/ab/" + "AB" * 16,
        "blobs/ab/" + "ab" * 16 + "\n",
        "blobs/store",
        "clew.db-wal",
        "",
    ],
)
def test_a_name_that_no_backup_has_is_refused_before_anything_of_it_is_written(name):
    content = members(written())
    asked = []
    archive = Archive(io.BytesIO(tar(*content[:2], (name, b"evil"), *content[2:])))
    with pytest.raises(Damaged):
        archive.read(asked.append)
    assert asked == [DATABASE]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_is_no_plain_file_is_refused(kind):
    content = members(written())
    with pytest.raises(Damaged, match="no plain file"):
        read(tar(*content[:2], (special(kind, name_of("ad" * 16)), b""), *content[2:]))


def test_a_part_that_would_unfold_to_more_than_it_has_is_refused():
    content = members(written())
    sparse = tarfile.TarInfo(name_of("ad" * 16))
    sparse.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": "99999999999", "GNU.sparse.numblocks": "1"}
    with pytest.raises(Damaged, match="no plain file"):
        read(tar(*content[:2], (sparse, b"x"), *content[2:]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda head, db, a, b, end: [db, a, b, end], "does not begin"),
        (lambda head, db, a, b, end: [head, a, db, b, end], "not in its place"),
        (lambda head, db, a, b, end: [head, db, a, a, b, end], "not in its place"),
        (lambda head, db, a, b, end: [head, db, a, end], "not what was backed up"),
        (lambda head, db, a, b, end: [head, db, a, b, (name_of("ad" * 16), b""), end], "not what was backed up"),
        (lambda head, db, a, b, end: [head, db, a, b], "its end is missing"),
        (lambda head, db, a, b, end: [head, db, a, b, end, a], "something follows its end"),
        (lambda head, db, a, b, end: [(HEAD, b"{}"), db, a, b, end], "cannot be read"),
        (lambda head, db, a, b, end: [(HEAD, b" " * 10**5), db, a, b, end], "does not begin"),
        (lambda head, db, a, b, end: [], "does not begin"),
    ],
)
def test_parts_that_are_missing_doubled_or_moved_are_noticed(change, said):
    with pytest.raises(Damaged, match=said):
        read(tar(*change(*members(written()))))


def test_a_later_format_is_refused_with_a_word():
    with pytest.raises(Damaged, match="it has the format 2, and this Clew reads 1"):
        read(written(format=2))


@pytest.mark.parametrize("content", [b"", b"no tar" * 1000, b"\0" * 20_000])
def test_what_is_no_archive_is_refused(content):
    with pytest.raises(Damaged):
        read(content)


def test_a_source_that_is_shorter_than_was_said_is_a_fault():
    archive = ArchiveWriter(io.BytesIO(), head())
    with pytest.raises(OSError, match="unexpected end of data"):
        archive.add(DATABASE, io.BytesIO(b"short"), 9)
