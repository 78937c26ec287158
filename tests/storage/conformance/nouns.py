"""Nouns to keep: what the suite's tests write. Anything can be said differently by name."""

from typing import Any, Final

from clew.domain.assistant import Assistant
from clew.domain.dataset import Dataset, DatasetItem
from clew.domain.enclosure import Enclosure
from clew.domain.event import Event, EventKind
from clew.domain.experiment import Experiment, ExperimentItem
from clew.domain.expiration import DAY_SECONDS, SECOND, Expiration, Policy
from clew.domain.file import File, Upload, UploadPart
from clew.domain.index import Batch, Index, IndexFile, IndexingState
from clew.domain.item import Item, Kind, Part, PartKind
from clew.domain.operation import Operation
from clew.domain.page import Order, Window
from clew.domain.participant import Participant
from clew.domain.project import Key, Scope
from clew.domain.prompt import Prompt, PromptVariant, PromptVersion, Template
from clew.domain.run import Progress, Run, RunState
from clew.domain.score import Score
from clew.domain.thread import Thread, expiring
from clew.storage.port import Store, Tx

OURS: Final = "ours"
THEIRS: Final = "theirs"
NOW: Final = 1_700_000_000 * SECOND
THREAD: Final = "thread_a"

STATIC: Final = Expiration(policy=Policy.STATIC, ttl_seconds=DAY_SECONDS)
SINCE_LAST_ACTIVE: Final = Expiration(policy=Policy.SINCE_LAST_ACTIVE, ttl_seconds=DAY_SECONDS)
DAY: Final = DAY_SECONDS * SECOND

EVERYTHING: Final = Window(limit=1000, order=Order.ASC)


def thread(id: str = THREAD, project_id: str = OURS, *, at: int = NOW, **fields: Any) -> Thread:  # noqa: A002
    """A thread, with its `expires_at` worked out."""
    times = {"created_at": at, "updated_at": at, "last_active_at": at}
    return expiring(Thread(project_id=project_id, id=id, **times, **fields))


def message(id: str = "msg_a", thread_id: str = THREAD, *, at: int = NOW, text: str = "hello", **fields: Any) -> Item:  # noqa: A002
    parts = (Part(kind=PartKind.TEXT, text=text),)
    return Item(thread_id=thread_id, id=id, kind=Kind.MESSAGE, created_at=at, role="user", parts=parts, **fields)


def generation(id: str = "step_a", thread_id: str = THREAD, *, at: int = NOW, **fields: Any) -> Item:  # noqa: A002
    return Item(thread_id=thread_id, id=id, kind=Kind.GENERATION, created_at=at, **fields)


def run(
    id: str = "run_a",  # noqa: A002
    project_id: str = OURS,
    thread_id: str = THREAD,
    *,
    state: RunState = RunState.QUEUED,
    expires_at: int | None = None,
    **fields: Any,
) -> Run:
    return Run(
        project_id=project_id,
        thread_id=thread_id,
        id=id,
        assistant_id="asst_a",
        created_at=NOW,
        model="small",
        progress=Progress(state=state, expires_at=expires_at),
        **fields,
    )


def event(kind: EventKind = EventKind.DELTA, **fields: Any) -> Event:
    return Event(kind=kind, at=NOW, **fields)


def assistant(
    id: str = "asst_a",  # noqa: A002
    project_id: str = OURS,
    *,
    at: int = NOW,
    version: int = 1,
    **fields: Any,
) -> Assistant:
    return Assistant(
        project_id=project_id,
        id=id,
        created_at=at,
        updated_at=at,
        model="small",
        version=version,
        version_id=f"av_{version}",
        **fields,
    )


def file(id: str = "file-a", project_id: str = OURS, *, at: int = NOW, **fields: Any) -> File:  # noqa: A002
    fields = {"name": "notes.txt", "size": 5, "blob": f"blob-of-{id}", **fields}
    return File(project_id=project_id, id=id, created_at=at, updated_at=at, **fields)


def upload(id: str = "upload_a", project_id: str = OURS, **fields: Any) -> Upload:  # noqa: A002
    fields = {
        "expires_at": NOW + DAY,
        "name": "big",
        "purpose": "assistants",
        "size": 9,
        "mime": "text/plain",
        **fields,
    }
    return Upload(project_id=project_id, id=id, created_at=NOW, **fields)


def part(id: str, upload_id: str = "upload_a", project_id: str = OURS) -> UploadPart:  # noqa: A002
    return UploadPart(
        project_id=project_id, upload_id=upload_id, id=id, created_at=NOW, size=3, blob=f"blob-of-{project_id}-{id}"
    )


def index(id: str = "vs_a", project_id: str = OURS, *, at: int = NOW, **fields: Any) -> Index:  # noqa: A002
    return Index(project_id=project_id, id=id, created_at=at, updated_at=at, last_active_at=at, **fields)


def index_file(file_id: str = "file-a", index_id: str = "vs_a", project_id: str = OURS, **fields: Any) -> IndexFile:
    fields = {"created_at": NOW, "state": IndexingState.COMPLETED, **fields}
    return IndexFile(project_id=project_id, index_id=index_id, file_id=file_id, **fields)


def batch(id: str = "vsfb_a", index_id: str = "vs_a", project_id: str = OURS, **fields: Any) -> Batch:  # noqa: A002
    return Batch(project_id=project_id, index_id=index_id, id=id, created_at=NOW, **fields)


def operation(id: str = "op_a", project_id: str = OURS, **fields: Any) -> Operation:  # noqa: A002
    fields = {"modified_at": NOW, **fields}
    return Operation(project_id=project_id, id=id, created_at=NOW, index_id="vs_a", **fields)


def participant(id: str = "part_user_a", project_id: str = OURS, **fields: Any) -> Participant:  # noqa: A002
    fields = {"identifier": f"name-of-{id}", **fields}
    return Participant(project_id=project_id, id=id, created_at=NOW, updated_at=NOW, **fields)


def score(id: str = "score_a", project_id: str = OURS, *, at: int = NOW, **fields: Any) -> Score:  # noqa: A002
    fields = {"name": "quality", "value": 0.5, "step_id": "step_a", **fields}
    return Score(project_id=project_id, id=id, created_at=at, updated_at=at, **fields)


def enclosure(id: str = "att_a", project_id: str = OURS, *, at: int = NOW, **fields: Any) -> Enclosure:  # noqa: A002
    fields = {"step_id": "step_a", **fields}
    return Enclosure(project_id=project_id, id=id, created_at=at, **fields)


def prompt(id: str = "prompt_a", project_id: str = OURS, **fields: Any) -> Prompt:  # noqa: A002
    fields = {"name": f"name-of-{id}", **fields}
    return Prompt(project_id=project_id, id=id, created_at=NOW, updated_at=NOW, **fields)


def prompt_version(
    number: int = 0, prompt_id: str = "prompt_a", project_id: str = OURS, **fields: Any
) -> PromptVersion:
    fields = {"id": f"{prompt_id}-{number}", "template": template(f"version {number}"), **fields}
    return PromptVersion(project_id=project_id, prompt_id=prompt_id, number=number, created_at=NOW, **fields)


def template(text: str = "hello", **fields: Any) -> Template:
    return Template(messages=({"role": "user", "content": text},), **fields)


def prompt_variant(id: str = "variant_a", project_id: str = OURS, **fields: Any) -> PromptVariant:  # noqa: A002
    return PromptVariant(project_id=project_id, id=id, created_at=NOW, template=template(), **fields)


def dataset(id: str = "dataset_a", project_id: str = OURS, *, at: int = NOW, **fields: Any) -> Dataset:  # noqa: A002
    fields = {"name": f"name-of-{id}", **fields}
    return Dataset(project_id=project_id, id=id, created_at=at, updated_at=at, **fields)


def dataset_item(
    id: str = "example_a",  # noqa: A002
    dataset_id: str = "dataset_a",
    project_id: str = OURS,
    **fields: Any,
) -> DatasetItem:
    return DatasetItem(project_id=project_id, dataset_id=dataset_id, id=id, created_at=NOW, **fields)


def experiment(id: str = "exp_a", project_id: str = OURS, **fields: Any) -> Experiment:  # noqa: A002
    return Experiment(project_id=project_id, id=id, created_at=NOW, name="try", **fields)


def experiment_item(id: str = "result_a", project_id: str = OURS, **fields: Any) -> ExperimentItem:  # noqa: A002
    return ExperimentItem(project_id=project_id, experiment_id="exp_a", id=id, created_at=NOW, **fields)


def key(id: str = "key_a", project_id: str = OURS, *, at: int = NOW, **fields: Any) -> Key:  # noqa: A002
    fields = {"name": "laptop", "hash": f"hash-of-{id}", "hint": "…1234", "scopes": (Scope.READ, Scope.WRITE), **fields}
    return Key(id=id, project_id=project_id, created_at=at, **fields)


async def with_thread(store: Store, thread_id: str = THREAD) -> None:
    """A thread of this id in our project, and another one of the same id in theirs."""

    async def unit(tx: Tx) -> None:
        await tx.threads.insert(thread(thread_id))
        await tx.threads.insert(thread(thread_id, THEIRS))

    await store.write(unit)


async def log(store: Store, thread_id: str = THREAD, project_id: str = OURS) -> list[Item]:
    """All the messages of a thread, in order."""
    page = await store.read(lambda tx: tx.items.page(project_id, thread_id, EVERYTHING, kind=Kind.MESSAGE))
    return list(page.things)
