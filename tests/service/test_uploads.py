"""Uploads: parts that become a file once, in the asked order, and only if they are what was announced."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clew.domain.expiration import SECOND, Expiration, Policy
from clew.domain.file import UploadState
from clew.domain.problem import Invalid, NotFound, TooLarge, WrongState
from clew.domain.project import Caller
from clew.service import files, uploads
from clew.service.core import Core, Limits, RandomIds
from clew.service.uploads import NewUpload
from clew.storage.blobs import Stored
from clew.storage.directory import DirectoryBlobs
from clew.storage.sqlite import open_store
from support.clock import FakeClock

CALLER = Caller(project_id="ours")
STRANGER = Caller(project_id="theirs")
LIMITS = Limits(part_bytes=10, upload_bytes=20, upload_seconds=60)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def core(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Core]:
    store = open_store(tmp_path / "clew.db")
    yield Core(store=store, blobs=DirectoryBlobs(tmp_path / "blobs"), clock=clock, ids=RandomIds(), limits=LIMITS)
    await store.close()


async def source(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def begun(core: Core, *parts: bytes, size: int = 6) -> tuple[str, list[str]]:
    """An upload with these parts: its id and theirs."""
    new = NewUpload(name="notes.txt", purpose="assistants", size=size, mime="text/plain")
    upload = await uploads.create(core, CALLER, new)
    return upload.id, [(await uploads.add_part(core, CALLER, upload.id, source(part))).id for part in parts]


async def whole(core: Core, file_id: str) -> bytes:
    _, chunks = await files.content(core, CALLER, file_id)
    return b"".join([chunk async for chunk in chunks])


def blobs_left(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


async def test_the_parts_become_a_file_in_the_order_in_which_they_are_named(core: Core):
    upload_id, (one, two) = await begun(core, b"def", b"abc")
    upload, file = await uploads.complete(core, CALLER, upload_id, [two, one])
    assert (upload.state, upload.file_id) == (UploadState.COMPLETED, file.id)
    assert (file.name, file.purpose, file.mime, file.size) == ("notes.txt", "assistants", "text/plain", 6)
    assert await whole(core, file.id) == b"abcdef"


async def test_a_completed_upload_keeps_only_the_file(core: Core, tmp_path: Path):
    upload_id, part_ids = await begun(core, b"abc", b"def", b"not named")
    _, file = await uploads.complete(core, CALLER, upload_id, part_ids[:2])
    assert [path.name for path in blobs_left(tmp_path)] == [file.blob]
    assert await core.store.read(lambda tx: tx.files.parts("ours", upload_id)) == []


async def test_the_file_expires_as_the_upload_said(core: Core):
    hour = Expiration(policy=Policy.STATIC, ttl_seconds=3600)
    new = NewUpload(name="a", purpose="batch", size=0, mime="text/plain", expiration=hour)
    upload = await uploads.create(core, CALLER, new)
    _, file = await uploads.complete(core, CALLER, upload.id, [])
    assert file.expires_at == file.created_at + 3600 * SECOND


async def test_bytes_that_were_not_announced_do_not_become_a_file(core: Core):
    upload_id, part_ids = await begun(core, b"abc", b"de")
    with pytest.raises(Invalid) as caught:
        await uploads.complete(core, CALLER, upload_id, part_ids)
    assert caught.value.field == "bytes"
    assert (await uploads.get(core, CALLER, upload_id)).state is UploadState.PENDING


async def test_a_part_is_named_once(core: Core):
    upload_id, [part_id] = await begun(core, b"abc")
    with pytest.raises(Invalid) as caught:
        await uploads.complete(core, CALLER, upload_id, [part_id, part_id])
    assert caught.value.field == "part_ids"


async def test_a_part_of_another_upload_is_not_found(core: Core):
    upload_id, _ = await begun(core, b"abc")
    _, [other] = await begun(core, b"abcdef")
    with pytest.raises(NotFound) as caught:
        await uploads.complete(core, CALLER, upload_id, [other])
    assert (caught.value.noun, caught.value.id) == ("part", other)


@pytest.mark.parametrize("spell", [str.lower, str.upper])
async def test_the_right_md5_completes_however_it_is_spelt(core: Core, spell: type[str]):
    upload_id, part_ids = await begun(core, b"abc", b"def")
    md5 = spell(hashlib.md5(b"abcdef").hexdigest())  # noqa: S324 (what the client sends)
    _, file = await uploads.complete(core, CALLER, upload_id, part_ids, md5=md5)
    assert file.size == 6


async def test_a_wrong_md5_leaves_the_upload_as_it_was(core: Core, tmp_path: Path):
    upload_id, part_ids = await begun(core, b"abc", b"def")
    with pytest.raises(Invalid) as caught:
        await uploads.complete(core, CALLER, upload_id, part_ids, md5="0" * 32)
    assert caught.value.field == "md5"
    assert len(blobs_left(tmp_path)) == 2
    await uploads.complete(core, CALLER, upload_id, part_ids)


async def test_an_upload_beyond_the_limit_is_refused_at_once(core: Core):
    with pytest.raises(TooLarge) as caught:
        await begun(core, size=21)
    assert (caught.value.field, caught.value.got) == ("bytes", 21)


async def test_a_part_beyond_the_limit_leaves_nothing(core: Core, tmp_path: Path):
    with pytest.raises(TooLarge):
        await begun(core, b"x" * 11)
    assert blobs_left(tmp_path) == []


async def test_parts_together_stay_within_the_limit_of_uploads(core: Core, tmp_path: Path):
    upload_id, _ = await begun(core, b"x" * 10, b"x" * 10)
    with pytest.raises(TooLarge):
        await uploads.add_part(core, CALLER, upload_id, source(b"x"))
    assert len(blobs_left(tmp_path)) == 2


async def test_a_cancelled_upload_lets_its_parts_go(core: Core, tmp_path: Path):
    upload_id, _ = await begun(core, b"abc")
    assert (await uploads.cancel(core, CALLER, upload_id)).state is UploadState.CANCELLED
    assert blobs_left(tmp_path) == []


@pytest.mark.parametrize("end", ["completed", "cancelled", "expired"])
async def test_nothing_more_can_be_done_to_an_upload_that_ended(core: Core, clock: FakeClock, end: str):
    upload_id, part_ids = await begun(core, b"abcdef")
    if end == "completed":
        await uploads.complete(core, CALLER, upload_id, part_ids)
    elif end == "cancelled":
        await uploads.cancel(core, CALLER, upload_id)
    else:
        clock.advance(60)
    assert (await uploads.get(core, CALLER, upload_id)).state == end
    for attempt, trying in [
        ("add a part to", uploads.add_part(core, CALLER, upload_id, source(b"x"))),
        ("complete", uploads.complete(core, CALLER, upload_id, part_ids)),
        ("cancel", uploads.cancel(core, CALLER, upload_id)),
    ]:
        with pytest.raises(WrongState) as caught:
            await trying
        assert (caught.value.noun, caught.value.state, caught.value.attempt) == ("upload", end, attempt)


async def test_another_projects_upload_is_not_found(core: Core):
    upload_id, part_ids = await begun(core, b"abcdef")
    for trying in [
        uploads.get(core, STRANGER, upload_id),
        uploads.add_part(core, STRANGER, upload_id, source(b"x")),
        uploads.complete(core, STRANGER, upload_id, part_ids),
        uploads.cancel(core, STRANGER, upload_id),
    ]:
        with pytest.raises(NotFound):
            await trying


async def test_an_upload_that_is_cancelled_while_a_part_arrives_keeps_nothing_of_it(core: Core, tmp_path: Path):
    upload_id, _ = await begun(core)

    async def overtaken() -> AsyncIterator[bytes]:
        yield b"abc"
        await uploads.cancel(core, CALLER, upload_id)

    with pytest.raises(WrongState):
        await uploads.add_part(core, CALLER, upload_id, overtaken())
    assert blobs_left(tmp_path) == []


class TestWhileThePartsAreJoined:
    """What else may happen to the upload in that time."""

    @pytest.fixture
    def meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> list:
        """Async functions to run once, just before or after the joining: `("before", function)`."""
        todo: list = []
        real = DirectoryBlobs.join

        async def join(self: DirectoryBlobs, blobs: list[str], *, size_max: int) -> Stored:
            moment, function = todo.pop() if todo else (None, None)
            if moment == "before":
                await function()
            stored = await real(self, blobs, size_max=size_max)
            if moment == "after":
                await function()
            return stored

        monkeypatch.setattr(DirectoryBlobs, "join", join)
        return todo

    @pytest.mark.parametrize("moment", ["before", "after"])
    async def test_it_may_be_cancelled(self, core: Core, tmp_path: Path, meanwhile: list, moment: str):
        upload_id, part_ids = await begun(core, b"abcdef")
        meanwhile.append((moment, lambda: uploads.cancel(core, CALLER, upload_id)))
        with pytest.raises(WrongState) as caught:
            await uploads.complete(core, CALLER, upload_id, part_ids)
        assert caught.value.state == "cancelled"
        assert blobs_left(tmp_path) == []

    async def test_it_may_be_completed_by_another_caller(self, core: Core, tmp_path: Path, meanwhile: list):
        upload_id, part_ids = await begun(core, b"abcdef")
        meanwhile.append(("after", lambda: uploads.complete(core, CALLER, upload_id, part_ids)))
        with pytest.raises(WrongState):
            await uploads.complete(core, CALLER, upload_id, part_ids)
        assert len(blobs_left(tmp_path)) == 1

    async def test_its_time_may_run_out_and_it_is_completed_all_the_same(
        self, core: Core, clock: FakeClock, meanwhile: list
    ):
        async def run_out() -> None:
            clock.advance(60)

        upload_id, part_ids = await begun(core, b"abcdef")
        meanwhile.append(("after", run_out))
        upload, _ = await uploads.complete(core, CALLER, upload_id, part_ids)
        assert upload.state is UploadState.COMPLETED
