"""What holds of every noun alike: kept, read back, changed, removed, and never seen by another project."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest

from clew.domain.index import IndexingState
from clew.domain.item import Attachment, ItemStatus, Kind, Trace, Usage
from clew.domain.noun import replace
from clew.domain.page import Page
from clew.domain.problem import AlreadyExists
from clew.domain.run import OwedCall, RunState, Truncation, TruncationMode, move
from clew.domain.tool import ResponseFormat, Tool, ToolKind, ToolResources
from clew.storage.port import Store, Tx
from storage.conformance import nouns
from storage.conformance.nouns import EVERYTHING, NOW, OURS, SINCE_LAST_ACTIVE, STATIC, THEIRS, THREAD

TOOLS: Final = (Tool(kind=ToolKind.FUNCTION, name="add", parameters={"type": "object"}, strict=True),)
RESOURCES: Final = ToolResources(code_file_ids=(), index_ids=("vs_a",))
METADATA: Final = {"name": "Ada", "age": 36, "none": None, "deep": {"list": [1.5, True, "x"]}}


@dataclass(frozen=True, kw_only=True)
class Noun:
    """How the port's calls for a noun are spelt. `of` makes one of a project, `other` makes another thing of it."""

    of: Callable[[str], Any]
    other: Callable[[Any], Any]
    insert: Callable[[Tx, Any], Awaitable[object]]
    get: Callable[[Tx, str], Awaitable[Any]]
    update: Callable[[Tx, Any], Awaitable[object]]
    delete: Callable[[Tx, str], Awaitable[bool | None]] | None = None
    page: Callable[[Tx, str], Awaitable[Page[Any]]] | None = None
    prepare: Callable[[Tx, str], Awaitable[object]] | None = None


async def _a_thread(tx: Tx, project_id: str) -> None:
    await tx.threads.insert(nouns.thread(THREAD, project_id))


async def _an_index(tx: Tx, project_id: str) -> None:
    await tx.indexes.insert(nouns.index("vs_a", project_id))


async def _insert_item(tx: Tx, given: tuple[str, Any]) -> None:
    await tx.items.append(given[0], THREAD, [given[1]])


async def _get_item(tx: Tx, project_id: str) -> tuple[str, Any] | None:
    item = await tx.items.get(project_id, THREAD, "msg_a")
    return item and (project_id, item)


async def _page_items(tx: Tx, project_id: str) -> Page[Any]:
    page = await tx.items.page(project_id, THREAD, EVERYTHING, kind=Kind.MESSAGE)
    return Page(things=tuple((project_id, item) for item in page.things), has_more=page.has_more)


async def _without_place(found: Awaitable[Any]) -> Any:
    run = await found
    return run and replace(run, seq=0)


async def _without_places(found: Awaitable[Page[Any]]) -> Page[Any]:
    page = await found
    return Page(things=tuple(replace(run, seq=0) for run in page.things), has_more=page.has_more)


async def _put_again(tx: Tx, it: Any) -> None:
    """Putting makes and changes alike: what is not there cannot be changed, so it is looked for first."""
    if await tx.indexes.get_file(it.project_id, it.index_id, it.file_id) is not None:
        await tx.indexes.put_file(it)


NOUNS: Final = {
    "thread": Noun(
        of=lambda project: nouns.thread(
            THREAD,
            project,
            name="Holiday",
            description="",
            metadata=METADATA,
            tags=("a", "b"),
            participant_id="part_user_a",
            environment="dev",
            tools=TOOLS,
            tool_resources=RESOURCES,
            default_author_id="ada",
            expiration=STATIC,
            created_by="key_a",
            updated_by="key_b",
        ),
        other=lambda it: replace(it, name=None, metadata={}, tags=(), updated_at=NOW + 1, tool_resources=None),
        insert=lambda tx, it: tx.threads.insert(it),
        get=lambda tx, project: tx.threads.get(project, THREAD, now=NOW),
        update=lambda tx, it: tx.threads.update(it),
        delete=lambda tx, project: tx.threads.delete(project, THREAD),
        page=lambda tx, project: tx.threads.page(project, EVERYTHING, metadata={}, now=NOW),
    ),
    "item": Noun(
        of=lambda project: (
            project,
            nouns.message(
                seq=1,
                status=ItemStatus.IN_PROGRESS,
                author_id="ada",
                attachments=(Attachment(file_id="file-a", tools=("search",)),),
                metadata=METADATA,
                parent_id="step_a",
                run_id="run_a",
                usage=Usage(prompt_tokens=3),
                trace=Trace(name="add", input={"a": [1]}, output=None),
                tags=("x",),
            ),
        ),
        other=lambda it: (it[0], replace(it[1], status=ItemStatus.COMPLETED, parts=(), metadata={}, finished_at=NOW)),
        insert=_insert_item,
        get=_get_item,
        update=lambda tx, it: tx.items.update(*it),
        delete=lambda tx, project: tx.items.delete(project, THREAD, "msg_a"),
        page=_page_items,
        prepare=_a_thread,
    ),
    "run": Noun(
        of=lambda project: nouns.run(
            "run_a",
            project,
            instructions="Be brief.",
            tools=TOOLS,
            tool_resources=RESOURCES,
            parallel_tool_calls=False,
            response_format=ResponseFormat(schema={"type": "object"}),
            truncation=Truncation(mode=TruncationMode.LAST_MESSAGES, count=3),
            temperature=0.0,
            turns=2,
            lease_owner="worker",
            lease_until=NOW,
            expires_at=NOW + 5,
        ),
        other=lambda it: replace(
            move(it, RunState.RUNNING, owed=(OwedCall(id="call_a", name="add", arguments="{}"),), metadata={"a": 1}),
            turns=3,
            lease_owner=None,
            lease_until=None,
        ),
        insert=lambda tx, it: tx.runs.insert(it),
        get=lambda tx, project: _without_place(tx.runs.get(project, THREAD, "run_a")),
        update=lambda tx, it: tx.runs.update(it),
        page=lambda tx, project: _without_places(tx.runs.page(project, THREAD, EVERYTHING)),
        prepare=_a_thread,
    ),
    "assistant": Noun(
        of=lambda project: nouns.assistant(
            "asst_a",
            project,
            name="Ada",
            description="",
            instructions="Be brief.",
            tools=TOOLS,
            tool_resources=RESOURCES,
            metadata=METADATA,
            temperature=0.0,
            top_p=1.0,
            expiration=SINCE_LAST_ACTIVE,
            expires_at=NOW + 5,
            last_active_at=NOW,
        ),
        other=lambda it: replace(it, name=None, tools=(), version=2, version_id="av_2", temperature=None),
        insert=lambda tx, it: tx.assistants.insert(it),
        get=lambda tx, project: tx.assistants.get(project, "asst_a", now=NOW),
        update=lambda tx, it: tx.assistants.update(it, mask=["name"]),
        delete=lambda tx, project: tx.assistants.delete(project, "asst_a"),
        page=lambda tx, project: tx.assistants.page(project, EVERYTHING, now=NOW),
    ),
    "file": Noun(
        of=lambda project: nouns.file(
            "file-a", project, purpose="assistants", mime="text/plain", metadata=METADATA, expires_at=NOW + 5
        ),
        other=lambda it: replace(it, description="mine", metadata={}, expires_at=None),
        insert=lambda tx, it: tx.files.insert(it),
        get=lambda tx, project: tx.files.get(project, "file-a", now=NOW),
        update=lambda tx, it: tx.files.update(it),
        delete=lambda tx, project: tx.files.delete(project, "file-a"),
        page=lambda tx, project: tx.files.page(project, EVERYTHING, purpose=None, now=NOW),
    ),
    "upload": Noun(
        of=lambda project: nouns.upload("upload_a", project, file_expiration=STATIC),
        other=lambda it: replace(it, file_id="file-a"),
        insert=lambda tx, it: tx.files.insert_upload(it),
        get=lambda tx, project: tx.files.get_upload(project, "upload_a"),
        update=lambda tx, it: tx.files.update_upload(it),
    ),
    "index": Noun(
        of=lambda project: nouns.index("vs_a", project, name="Notes", metadata=METADATA, config={"ranker": "auto"}),
        other=lambda it: replace(it, name=None, expiration=STATIC, expires_at=NOW + 5, last_active_at=NOW + 1),
        insert=lambda tx, it: tx.indexes.insert(it),
        get=lambda tx, project: tx.indexes.get(project, "vs_a"),
        update=lambda tx, it: tx.indexes.update(it),
        delete=lambda tx, project: tx.indexes.delete(project, "vs_a"),
        page=lambda tx, project: tx.indexes.page(project, EVERYTHING),
    ),
    "index_file": Noun(
        of=lambda project: nouns.index_file("file-a", "vs_a", project, size=5, attributes=METADATA, batch_id="vsfb_a"),
        other=lambda it: replace(it, state=IndexingState.FAILED, attributes={}),
        insert=lambda tx, it: tx.indexes.put_file(it),
        get=lambda tx, project: tx.indexes.get_file(project, "vs_a", "file-a"),
        update=_put_again,
        delete=lambda tx, project: tx.indexes.drop_file(project, "vs_a", "file-a"),
        page=lambda tx, project: tx.indexes.page_files(project, "vs_a", EVERYTHING, state=None),
        prepare=_an_index,
    ),
    "batch": Noun(
        of=lambda project: nouns.batch("vsfb_a", "vs_a", project),
        other=lambda it: replace(it, cancelled=True),
        insert=lambda tx, it: tx.indexes.insert_batch(it),
        get=lambda tx, project: tx.indexes.get_batch(project, "vs_a", "vsfb_a"),
        update=lambda tx, it: tx.indexes.update_batch(it),
        prepare=_an_index,
    ),
    "operation": Noun(
        of=lambda project: nouns.operation("op_a", project, file_ids=("file-a",), makes_index=True, description="d"),
        other=lambda it: replace(
            it, done=True, modified_at=NOW + 1, result_index=nouns.index(), result_files=(nouns.index_file(),)
        ),
        insert=lambda tx, it: tx.operations.insert(it),
        get=lambda tx, project: tx.operations.get(project, "op_a"),
        update=lambda tx, it: tx.operations.update(it),
    ),
    "participant": Noun(
        of=lambda project: nouns.participant("part_user_a", project, metadata=METADATA, name="Ada", expiration=STATIC),
        other=lambda it: replace(it, identifier="ada@new", metadata={}, updated_at=NOW + 1),
        insert=lambda tx, it: tx.participants.insert(it),
        get=lambda tx, project: tx.participants.get(project, "part_user_a", now=NOW),
        update=lambda tx, it: tx.participants.update(it),
        delete=lambda tx, project: tx.participants.delete(project, "part_user_a"),
        page=lambda tx, project: tx.participants.page(project, EVERYTHING, now=NOW),
    ),
}


@pytest.fixture(params=NOUNS)
async def noun(request: pytest.FixtureRequest, store: Store) -> Noun:
    """A noun, and what it needs to live in, in both projects."""
    noun: Noun = NOUNS[request.param]

    async def unit(tx: Tx) -> None:
        for project_id in (OURS, THEIRS):
            if noun.prepare is not None:
                await noun.prepare(tx, project_id)

    await store.write(unit)
    return noun


async def everything(store: Store, noun: Noun, project_id: str) -> tuple[Any, ...]:
    """What a reader of this project can see of the noun: the thing by its id, and each thing of the list."""
    found = await store.read(lambda tx: noun.get(tx, project_id))
    if noun.page is None:
        return (found,)
    page = noun.page
    return (found, *(await store.read(lambda tx: page(tx, project_id))).things)


def seen(noun: Noun, it: Any) -> tuple[Any, ...]:
    return (it,) if noun.page is None else (it, it)


NOTHING: Final = (None,)


async def test_what_was_kept_is_read_back(store, noun):
    it = noun.of(OURS)
    await store.write(lambda tx: noun.insert(tx, it))
    assert await everything(store, noun, OURS) == seen(noun, it)


async def test_a_unit_reads_what_it_wrote(store, noun):
    it = noun.of(OURS)

    async def unit(tx):
        await noun.insert(tx, it)
        return await noun.get(tx, OURS)

    assert await store.write(unit) == it


async def test_what_is_not_there_is_none(store, noun):
    assert await everything(store, noun, OURS) == NOTHING


async def test_an_update_is_read_back(store, noun):
    it = noun.of(OURS)
    await store.write(lambda tx: noun.insert(tx, it))
    await store.write(lambda tx: noun.update(tx, noun.other(it)))
    assert await everything(store, noun, OURS) == seen(noun, noun.other(it))


async def test_an_update_of_what_is_not_there_makes_nothing(store, noun):
    await store.write(lambda tx: noun.update(tx, noun.other(noun.of(OURS))))
    assert await everything(store, noun, OURS) == NOTHING


async def test_another_project_sees_nothing(store, noun):
    await store.write(lambda tx: noun.insert(tx, noun.of(OURS)))
    assert await everything(store, noun, THEIRS) == NOTHING


async def test_another_project_changes_nothing(store, noun):
    it = noun.of(OURS)
    await store.write(lambda tx: noun.insert(tx, it))
    await store.write(lambda tx: noun.update(tx, noun.other(noun.of(THEIRS))))
    assert await everything(store, noun, OURS) == seen(noun, it)


async def test_two_projects_may_use_one_id(store, noun):
    ours, theirs = noun.of(OURS), noun.other(noun.of(THEIRS))
    await store.write(lambda tx: noun.insert(tx, ours))
    await store.write(lambda tx: noun.insert(tx, theirs))
    assert await everything(store, noun, OURS) == seen(noun, ours)
    assert await everything(store, noun, THEIRS) == seen(noun, theirs)


async def test_deleting_removes_and_says_whether_it_was_there(store, noun):
    if noun.delete is None:
        return
    await store.write(lambda tx: noun.insert(tx, noun.of(OURS)))
    answers = [await store.write(lambda tx: noun.delete(tx, OURS)) for _ in range(2)]
    assert await everything(store, noun, OURS) == NOTHING
    assert answers in ([True, False], [None, None])


async def test_another_project_deletes_nothing(store, noun):
    if noun.delete is None:
        return
    it = noun.of(OURS)
    await store.write(lambda tx: noun.insert(tx, it))
    assert not await store.write(lambda tx: noun.delete(tx, THEIRS))
    assert await everything(store, noun, OURS) == seen(noun, it)


async def test_what_was_deleted_can_be_made_anew(store, noun):
    if noun.delete is None:
        return
    old, new = noun.of(OURS), noun.other(noun.of(OURS))
    await store.write(lambda tx: noun.insert(tx, old))
    await store.write(lambda tx: noun.delete(tx, OURS))
    await store.write(lambda tx: noun.insert(tx, new))
    found = (await everything(store, noun, OURS))[0]
    assert _apart_from_its_place(found) == _apart_from_its_place(new)


def _apart_from_its_place(it: Any) -> Any:
    return replace(it[1], seq=0) if isinstance(it, tuple) else it


@pytest.mark.parametrize("name", ["thread", "run", "assistant", "file", "index", "operation", "participant"])
async def test_a_taken_id_already_exists_and_changes_nothing(store, name):
    noun = NOUNS[name]
    it = noun.of(OURS)

    async def unit(tx):
        if noun.prepare is not None:
            await noun.prepare(tx, OURS)
        await noun.insert(tx, it)

    await store.write(unit)
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: noun.insert(tx, replace(it, created_by="key_b")))
    assert (await everything(store, noun, OURS))[0] == (await store.read(lambda tx: noun.get(tx, OURS)))
    assert _apart_from_its_place((await everything(store, noun, OURS))[0]) == _apart_from_its_place(seen(noun, it)[0])
