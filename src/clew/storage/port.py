"""What the rest of Clew asks of a store. An adapter answers all of it, or it is not one.

A **unit of work** is an async function over a transaction: `await store.write(unit)` runs `unit(tx)`,
commits, and only then returns the unit's value. What must be true together is written in one unit.
A unit awaits nothing but its transaction, and may be run more than once before it commits (a store
that groups units, or that meets a serialization failure, starts it again), so it has no other effects.
An exception leaves nothing of the unit behind, and takes no other unit with it.

Reads see everything that was answered before they began. `project_id` stands first in every call;
what lives in a thread also names the thread. Another project's thing is None, as if it did not exist.
Things past their `expires_at` are None as well, from that moment on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from clew.domain.assistant import Assistant, AssistantVersion
    from clew.domain.dataset import Dataset, DatasetItem
    from clew.domain.enclosure import Enclosure
    from clew.domain.event import Event
    from clew.domain.experiment import Experiment, ExperimentItem
    from clew.domain.file import File, Upload, UploadPart
    from clew.domain.index import Batch, Index, IndexFile, IndexingState
    from clew.domain.item import Item, Kind
    from clew.domain.operation import Operation
    from clew.domain.page import Page, Window
    from clew.domain.participant import Participant
    from clew.domain.project import Key
    from clew.domain.prompt import Prompt, PromptVariant, PromptVersion, Template
    from clew.domain.query import Found, Query
    from clew.domain.quota import Amount, Quota
    from clew.domain.run import Run
    from clew.domain.score import Score
    from clew.domain.thread import Thread

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A thread that a unit writes into: the last place of its log that is taken, and its oldest run that is not over.

    `key` is the adapter's own.
    """

    thread: Thread
    last_seq: int
    run_id: str | None
    key: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """What `Catalog.catch_up` has brought in: how much, and whether that was all. `key` is the adapter's own."""

    count: int
    is_all: bool
    key: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSum:
    """What the steps of a thread come to: tokens, and from the first beginning to the last end."""

    tokens: int = 0
    started_at: int | None = None
    ended_at: int | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; None where nothing began or ended."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0, self.ended_at - self.started_at) / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantSum:
    """What the threads of a participant come to."""

    threads: int = 0
    tokens: int = 0
    last_active_at: int | None = None


class Threads(Protocol):
    """Threads of a project, by time of creation."""

    async def insert(self, thread: Thread) -> None:
        """Keep a new thread. Raises `AlreadyExists` where the project has one with this id."""
        ...

    async def get(self, project_id: str, thread_id: str, *, now: int) -> Thread | None:
        """The thread."""
        ...

    async def enter(self, project_id: str, thread_id: str, *, now: int) -> Entered | None:
        """The thread, to write into its log: no other unit does before this one has ended."""
        ...

    async def update(self, thread: Thread) -> None:
        """Keep the thread as it now is; its place in lists stays."""
        ...

    async def touch(self, thread: Thread, *, now: int) -> None:
        """Keep only that the thread was active at `now`. Cheaper than `update`."""
        ...

    async def delete(self, project_id: str, thread_id: str) -> None:
        """Take the thread and everything in it away from readers at once. `sweep` frees the room."""
        ...

    async def page(self, project_id: str, window: Window, *, metadata: Mapping[str, str], now: int) -> Page[Thread]:
        """A page of threads whose metadata has all these string values. Raises `NotFound` for an unknown cursor."""
        ...

    async def sweep(self, *, now: int, limit: int) -> int:
        """Free up to `limit` rows of deleted and expired threads, whatever their project. Returns how many."""
        ...


class Items(Protocol):
    """The log of a thread."""

    async def append(self, project_id: str, thread_id: str, items: Sequence[Item]) -> list[Item]:
        """Write at the end of the log, in this order. Returns the items with their `seq`.

        Raises `NotFound` where there is no such thread, `AlreadyExists` where it has an item with one of these ids.
        """
        ...

    async def put(self, entered: Entered, items: Sequence[Item]) -> None:
        """Write items whose `seq` and ids say their places already: those after the last one, without a gap.

        Once for one `entered`. Raises `AlreadyExists` as `append` does.
        """
        ...

    async def get(self, project_id: str, thread_id: str, item_id: str, *, now: int | None = None) -> Item | None:
        """The item. With `now`, raises `NotFound` for a thread that readers do not see then."""
        ...

    async def lately(self, entered: Entered, ending: str, *, within: int) -> Item | None:
        """Of the thread's last `within` messages, the one whose id ends so."""
        ...

    async def update(self, project_id: str, item: Item) -> None:
        """Keep the item as it now is; its place, kind and run stay."""
        ...

    async def delete(self, project_id: str, thread_id: str, item_id: str) -> bool:
        """Remove it. Whether it was there."""
        ...

    async def page(
        self,
        project_id: str,
        thread_id: str,
        window: Window,
        *,
        kind: Kind,
        run_id: str | None = None,
        now: int | None = None,
    ) -> Page[Item]:
        """A page of the items of this kind, in order of the log. Raises `NotFound` for an unknown cursor.

        With `now`, also for a thread that readers do not see then.
        """
        ...

    async def before(
        self, project_id: str, thread_id: str, *, seq: int | None, kinds: Collection[Kind], limit: int
    ) -> list[Item]:
        """Up to `limit` items of these kinds next before `seq` (None: the end), newest first."""
        ...

    async def of_run(self, project_id: str, thread_id: str, run_id: str) -> list[Item]:
        """Everything the run wrote, in order."""
        ...

    async def every(self, project_id: str, thread_id: str, *, kinds: Collection[Kind] | None = None) -> list[Item]:
        """The whole log, in order, or what is of these kinds. For those who show a thread as one thing."""
        ...

    async def rewrite(self, project_id: str, item: Item) -> None:
        """As `update`, and the kind may be another than it was: the place in the log stays."""
        ...


class Catalog(Protocol):
    """What is in the logs of a project, found across its threads: by id, by filters, and counted together.

    It is kept of the projects that `open` was called for. Whoever calls `put` and `drop` writes it with the log; what
    the other tables write is noted, and `catch_up` brings it in. So nobody else pays for it.
    """

    async def open(self, project_id: str) -> None:
        """Keep a catalog of this project from now on; `catch_up` then brings in what is there."""
        ...

    async def behind(self, project_id: str) -> bool:
        """Whether the project has no catalog yet, or anything waits to be brought in."""
        ...

    async def catch_up(self, *, limit: int) -> Caught:
        """Bring in up to about `limit` things that wait, whatever their project. Tell `caught_up` what this returns."""
        ...

    async def caught_up(self, caught: Caught) -> None:
        """What was brought in is safe: it waits no more."""
        ...

    async def find(self, project_id: str, step_id: str, *, now: int) -> Item | None:
        """The item of this id, or the run as one, in whichever thread that readers see, or in a hidden log."""
        ...

    async def put(self, project_id: str, item: Item) -> None:
        """The catalog has the item as it now is in its log. Raises `AlreadyExists` where another item has its id."""
        ...

    async def drop(self, project_id: str, step_id: str) -> None:
        """The item is gone from its log: forget it. Its scores and enclosures go too."""
        ...

    async def put_thread(self, thread: Thread) -> None:
        """The catalog has the thread as it now is."""
        ...

    async def children(self, project_id: str, step_ids: Sequence[str], *, limit: int, now: int) -> list[Item]:
        """Up to `limit` items and runs whose parent is one of these, in order of their beginning."""
        ...

    async def steps(self, project_id: str, query: Query, *, kind: Kind | None, now: int) -> Found[Item]:
        """The steps that fit, or only those of one kind. Raises `Invalid` for what cannot be asked."""
        ...

    async def threads(self, project_id: str, query: Query, *, now: int) -> Found[Thread]:
        """The threads that fit. Raises `Invalid` for what cannot be asked."""
        ...

    async def thread_sums(self, project_id: str, thread_ids: Sequence[str]) -> dict[str, ThreadSum]:
        """What the steps of these threads come to. One that has none is left out."""
        ...

    async def participants(self, project_id: str, query: Query, *, now: int) -> Found[Participant]:
        """The participants that fit. Raises `Invalid` for what cannot be asked."""
        ...

    async def participant_sums(self, project_id: str, participant_ids: Sequence[str]) -> dict[str, ParticipantSum]:
        """What the threads of these participants come to. One that has none is left out."""
        ...


class Scores(Protocol):
    """Scores of steps."""

    async def put(self, score: Score) -> None:
        """Keep the score, new or as it now is."""
        ...

    async def get(self, project_id: str, score_id: str, *, now: int) -> Score | None:
        """The score, unless it is of a step that readers do not see any more."""
        ...

    async def delete(self, project_id: str, score_id: str) -> bool:
        """Remove it. Whether it was there."""
        ...

    async def of_steps(self, project_id: str, step_ids: Collection[str]) -> list[Score]:
        """The scores of these steps, oldest first."""
        ...

    async def page(self, project_id: str, query: Query, *, now: int) -> Found[Score]:
        """The scores that fit. Raises `Invalid` for what cannot be asked."""
        ...


class Enclosures(Protocol):
    """What was put beside steps."""

    async def put(self, enclosure: Enclosure) -> None:
        """Keep the enclosure, new or as it now is."""
        ...

    async def get(self, project_id: str, enclosure_id: str, *, now: int) -> Enclosure | None:
        """The enclosure, unless it is of a step that readers do not see any more."""
        ...

    async def delete(self, project_id: str, enclosure_id: str) -> bool:
        """Remove it. Whether it was there."""
        ...

    async def of_steps(self, project_id: str, step_ids: Collection[str]) -> list[Enclosure]:
        """The enclosures of these steps, oldest first."""
        ...


class Prompts(Protocol):
    """Prompts by id and by name, their versions by number, and variants of them."""

    async def insert(self, prompt: Prompt) -> None:
        """Keep a new one. Raises `AlreadyExists` where the project has one of this id or name."""
        ...

    async def get(self, project_id: str, prompt_id: str) -> Prompt | None:
        """The prompt."""
        ...

    async def by_name(self, project_id: str, name: str) -> Prompt | None:
        """The prompt of this name."""
        ...

    async def update(self, prompt: Prompt) -> None:
        """Keep it as it now is."""
        ...

    async def insert_version(self, version: PromptVersion) -> None:
        """Keep a new version. Raises `AlreadyExists` where its id or its number is taken."""
        ...

    async def get_version(self, project_id: str, version_id: str) -> PromptVersion | None:
        """The version, of whichever prompt."""
        ...

    async def numbered(self, project_id: str, prompt_id: str, number: int) -> PromptVersion | None:
        """The prompt's version of this number."""
        ...

    async def version_like(
        self, project_id: str, prompt_id: str, template: Template, *, with_provider: bool
    ) -> PromptVersion | None:
        """The newest version of the prompt that says the same, in the sense of `prompt.likeness`."""
        ...

    async def insert_variant(self, variant: PromptVariant) -> None:
        """Keep a new variant. Raises `AlreadyExists` where the project has one of this id."""
        ...

    async def get_variant(self, project_id: str, variant_id: str) -> PromptVariant | None:
        """The variant."""
        ...


class Datasets(Protocol):
    """Datasets by id, by name and in pages, and their items."""

    async def insert(self, dataset: Dataset) -> None:
        """Keep a new one. Raises `AlreadyExists` where the project has one of this id or name."""
        ...

    async def get(self, project_id: str, dataset_id: str) -> Dataset | None:
        """The dataset."""
        ...

    async def by_name(self, project_id: str, name: str) -> Dataset | None:
        """The dataset of this name."""
        ...

    async def page(self, project_id: str, query: Query) -> Found[Dataset]:
        """The datasets, by time of creation. Raises `Invalid` for what cannot be asked."""
        ...

    async def update(self, dataset: Dataset) -> None:
        """Keep it as it now is. Raises `AlreadyExists` where another one has the name."""
        ...

    async def delete(self, project_id: str, dataset_id: str) -> bool:
        """Take it and its items away from readers at once; `sweep` frees the room. Whether it was there."""
        ...

    async def sweep(self, *, limit: int) -> int:
        """Free up to `limit` rows of deleted datasets, whatever their project. Returns how many."""
        ...

    async def insert_item(self, item: DatasetItem) -> None:
        """Keep a new item. Raises `NotFound` for its dataset, `AlreadyExists` where its id is taken."""
        ...

    async def get_item(self, project_id: str, item_id: str) -> DatasetItem | None:
        """The item, of whichever dataset."""
        ...

    async def delete_item(self, project_id: str, item_id: str) -> bool:
        """Remove it. Whether it was there."""
        ...

    async def items(self, project_id: str, dataset_id: str, *, after: str | None, limit: int) -> list[DatasetItem]:
        """Up to `limit` items of the dataset that were added after the item `after`, or from the first on."""
        ...


class Experiments(Protocol):
    """Experiments and their results."""

    async def insert(self, experiment: Experiment) -> None:
        """Keep a new one. Raises `AlreadyExists` where the project has one of this id."""
        ...

    async def get(self, project_id: str, experiment_id: str) -> Experiment | None:
        """The experiment."""
        ...

    async def insert_item(self, item: ExperimentItem) -> None:
        """Keep a new result. Raises `AlreadyExists` where the project has one of this id."""
        ...

    async def get_item(self, project_id: str, item_id: str) -> ExperimentItem | None:
        """The result, of whichever experiment."""
        ...


class Runs(Protocol):
    """Runs of a thread, and the work they are."""

    async def insert(self, run: Run) -> Run:
        """Keep a new run. Returns it with its `seq`, its place among all runs.

        Raises `NotFound` for the thread, `AlreadyExists` where it has a run with this id.
        """
        ...

    async def get(self, project_id: str, thread_id: str, run_id: str) -> Run | None:
        """The run."""
        ...

    async def find(self, project_id: str, run_id: str, *, now: int) -> Run | None:
        """The run, by its own id alone, while its thread is there."""
        ...

    async def update(self, run: Run) -> None:
        """Keep the run as it now is, with its lease; `last_event` is the events' own."""
        ...

    async def every(self, project_id: str, thread_id: str) -> list[Run]:
        """The runs of the thread, oldest first. For those who show a thread as one thing."""
        ...

    async def active(self, project_id: str, thread_id: str) -> list[Run]:
        """The runs of the thread that are not over, oldest first."""
        ...

    async def page(self, project_id: str, thread_id: str, window: Window) -> Page[Run]:
        """A page of the thread's runs. Raises `NotFound` for an unknown cursor."""
        ...

    async def page_all(self, project_id: str, window: Window, *, now: int) -> Page[Run]:
        """A page of the runs of all threads that are there. Raises `NotFound` for an unknown cursor."""
        ...

    async def claim(self, *, owner: str, now: int, lease_until: int, limit: int) -> list[Run]:
        """Runs that need a worker (queued, running or cancelling, and no lease that lasts), whatever their project.

        Each is leased to `owner` before it is returned, and unchanged otherwise. A lease that ends later than twice
        the time from `now` to `lease_until` does not last either: it was given before the clock was set back.
        """
        ...

    async def renew(self, *, owner: str, run_keys: Sequence[RunKey], lease_until: int) -> list[RunKey]:
        """Lengthen these leases, whatever their project. Returns those that are still the owner's."""
        ...

    async def release(self, *, owner: str) -> None:
        """Give every lease of the owner back, whatever the project."""
        ...

    async def release_all(self) -> None:
        """Give back every lease of every owner, whatever the project: for a store that one process has to itself."""
        ...

    async def overdue(self, *, now: int, limit: int) -> list[Run]:
        """Runs that are not over and past their `expires_at`, whatever their project."""
        ...


class Events(Protocol):
    """The numbered events of a run."""

    async def append(self, run: Run, events: Sequence[Event]) -> list[Event]:
        """Write at the end of the run's log. Returns the events with their numbers. Raises `NotFound` for the run."""
        ...

    async def after(self, project_id: str, thread_id: str, run_id: str, *, number: int, limit: int) -> list[Event]:
        """Up to `limit` events with numbers above `number`, in order."""
        ...


class Assistants(Protocol):
    """Assistants of a project, with their versions."""

    async def insert(self, assistant: Assistant) -> None:
        """Keep a new assistant and its first version. Raises `AlreadyExists` for a taken id."""
        ...

    async def get(self, project_id: str, assistant_id: str, *, now: int) -> Assistant | None:
        """The assistant as it stands."""
        ...

    async def update(self, assistant: Assistant, *, mask: Sequence[str]) -> None:
        """Keep the assistant as it now is, as a further version that `mask` made."""
        ...

    async def delete(self, project_id: str, assistant_id: str) -> bool:
        """Remove it and its versions. Whether it was there."""
        ...

    async def page(self, project_id: str, window: Window, *, now: int) -> Page[Assistant]:
        """A page of assistants. Raises `NotFound` for an unknown cursor."""
        ...

    async def touch(self, assistant: Assistant) -> None:
        """Keep only when the assistant was last active, and its end: no further version."""
        ...

    async def sweep(self, *, now: int, limit: int) -> int:
        """Remove up to `limit` expired assistants with their versions, whatever their project. Returns how many."""
        ...

    async def versions(self, project_id: str, assistant_id: str, window: Window) -> Page[AssistantVersion]:
        """A page of its versions. Raises `NotFound` for an unknown cursor."""
        ...


class Files(Protocol):
    """What is known about files, and uploads on their way to become one."""

    async def insert(self, file: File) -> None:
        """Keep a new file. Raises `AlreadyExists` for a taken id."""
        ...

    async def get(self, project_id: str, file_id: str, *, now: int) -> File | None:
        """The file."""
        ...

    async def update(self, file: File) -> None:
        """Keep the file as it now is."""
        ...

    async def delete(self, project_id: str, file_id: str) -> bool:
        """Remove it, also from every index. Whether it was there. Its blob is then an orphan."""
        ...

    async def page(self, project_id: str, window: Window, *, purpose: str | None, now: int) -> Page[File]:
        """A page of files. Raises `NotFound` for an unknown cursor."""
        ...

    async def missing(self, project_id: str, file_ids: Collection[str], *, now: int) -> str | None:
        """The first of these ids that is no file, or None."""
        ...

    async def insert_upload(self, upload: Upload) -> None:
        """Keep a new upload."""
        ...

    async def get_upload(self, project_id: str, upload_id: str) -> Upload | None:
        """The upload, whatever its state."""
        ...

    async def update_upload(self, upload: Upload) -> None:
        """Keep the upload as it now is."""
        ...

    async def insert_part(self, part: UploadPart) -> None:
        """Keep a part of an upload."""
        ...

    async def parts(self, project_id: str, upload_id: str) -> list[UploadPart]:
        """The parts of an upload, in order of arrival."""
        ...

    async def drop_parts(self, project_id: str, upload_id: str) -> None:
        """Forget the parts of an upload. Their blobs are then orphans."""
        ...

    async def sweep(self, *, now: int, limit: int) -> int:
        """Remove up to `limit` expired files, whatever their project. Returns how many."""
        ...

    async def sweep_uploads(self, *, now: int, limit: int) -> int:
        """Remove up to `limit` of each: parts of uploads that ended, and uploads that ended long ago.

        Whatever their project. Returns how many.
        """
        ...

    async def blobs_known(self, blobs: Sequence[str]) -> set[str]:
        """Which of these blobs a file or part of any project still needs."""
        ...


class Indexes(Protocol):
    """Indexes of a project, the files in them, and the batches they came in."""

    async def insert(self, index: Index) -> None:
        """Keep a new index. Raises `AlreadyExists` for a taken id."""
        ...

    async def get(self, project_id: str, index_id: str, *, now: int | None = None) -> Index | None:
        """The index with its counts. Without `now` also when it has expired: a run over it must be able to say so."""
        ...

    async def update(self, index: Index) -> None:
        """Keep the index as it now is."""
        ...

    async def delete(self, project_id: str, index_id: str) -> bool:
        """Remove it; files survive. Whether it was there."""
        ...

    async def page(self, project_id: str, window: Window, *, now: int | None = None) -> Page[Index]:
        """A page of indexes, without `now` also of expired ones. Raises `NotFound` for an unknown cursor."""
        ...

    async def put_file(self, file: IndexFile) -> None:
        """Put a file into the index, or keep its place there as it now is. Raises `NotFound` for the index."""
        ...

    async def get_file(self, project_id: str, index_id: str, file_id: str) -> IndexFile | None:
        """The file's place in the index."""
        ...

    async def drop_file(self, project_id: str, index_id: str, file_id: str) -> bool:
        """Take a file out of the index. Whether it was there."""
        ...

    async def page_files(
        self,
        project_id: str,
        index_id: str,
        window: Window,
        *,
        state: IndexingState | None,
        batch_id: str | None = None,
    ) -> Page[IndexFile]:
        """A page of the files in the index. Raises `NotFound` for an unknown cursor."""
        ...

    async def insert_batch(self, batch: Batch) -> None:
        """Keep a new batch."""
        ...

    async def get_batch(self, project_id: str, index_id: str, batch_id: str) -> Batch | None:
        """The batch with its counts."""
        ...

    async def update_batch(self, batch: Batch) -> None:
        """Keep the batch as it now is."""
        ...


class Operations(Protocol):
    """Operations of a project."""

    async def insert(self, operation: Operation) -> None:
        """Keep a new operation. Raises `AlreadyExists` for a taken id."""
        ...

    async def get(self, project_id: str, operation_id: str) -> Operation | None:
        """The operation."""
        ...

    async def update(self, operation: Operation) -> None:
        """Keep the operation as it now is."""
        ...

    async def sweep(self, *, done_by: int, limit: int) -> int:
        """Remove up to `limit` operations that were done by then, whatever their project. Returns how many."""
        ...


class Participants(Protocol):
    """End users of a project's app."""

    async def insert(self, participant: Participant) -> None:
        """Keep a new one. Raises `AlreadyExists` where the id or the identifier is taken."""
        ...

    async def get(self, project_id: str, participant_id: str, *, now: int) -> Participant | None:
        """By our id."""
        ...

    async def by_identifier(self, project_id: str, identifier: str, *, now: int) -> Participant | None:
        """By the app's own name for the person."""
        ...

    async def page(self, project_id: str, window: Window, *, now: int) -> Page[Participant]:
        """A page of participants, by time of creation. Raises `NotFound` for an unknown cursor."""
        ...

    async def sweep(self, *, now: int, limit: int) -> int:
        """Remove up to `limit` expired participants, whatever their project. Returns how many."""
        ...

    async def update(self, participant: Participant) -> None:
        """Keep it as it now is."""
        ...

    async def delete(self, project_id: str, participant_id: str) -> bool:
        """Remove it. Whether it was there."""
        ...


class Keys(Protocol):
    """API keys, by hash."""

    async def insert(self, key: Key) -> None:
        """Keep a new key."""
        ...

    async def by_hash(self, hash: str) -> Key | None:  # noqa: A002 (the field's standard name)
        """The key with this hash, whatever its project, also a revoked one."""
        ...

    async def every(self) -> list[Key]:
        """Every key of every project, oldest first."""
        ...

    async def revoke(self, key_id: str, *, now: int) -> bool:
        """End a key, whatever its project. Whether there was a live one."""
        ...


class Used(Protocol):
    """How much of their quotas projects have used.

    Only projects that `count` or `take` was called for are counted. Whatever deletes or sweeps gives back by itself.
    """

    async def projects(self) -> list[str]:
        """Every project that has something to be counted. Looks at all there is."""
        ...

    async def count(self, project_id: str) -> None:
        """Count what the project has. Looks at all of it."""
        ...

    async def take(self, project_id: str, more: Amount, *, within: Quota) -> str | None:
        """Count this much more, if there is room for all of it. Else nothing is written: the field that has no room.

        A run needs room for a message as well, which it will write. A project that is not counted yet is by this.
        """
        ...

    async def add(self, project_id: str, more: Amount) -> None:
        """Count this much more whether there is room or not, where the project is counted."""
        ...

    async def forget(self) -> None:
        """Count no project any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKey:
    """What names a run wherever it lives."""

    project_id: str
    thread_id: str
    run_id: str


class Tx(Protocol):
    """One transaction: all tables, as of one moment."""

    @property
    def threads(self) -> Threads: ...
    @property
    def items(self) -> Items: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def scores(self) -> Scores: ...
    @property
    def enclosures(self) -> Enclosures: ...
    @property
    def prompts(self) -> Prompts: ...
    @property
    def datasets(self) -> Datasets: ...
    @property
    def experiments(self) -> Experiments: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def events(self) -> Events: ...
    @property
    def assistants(self) -> Assistants: ...
    @property
    def files(self) -> Files: ...
    @property
    def indexes(self) -> Indexes: ...
    @property
    def operations(self) -> Operations: ...
    @property
    def participants(self) -> Participants: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def used(self) -> Used: ...


class Store(Protocol):
    """The store. Opened and closed by whoever wires it."""

    async def read(self, unit: Callable[[Tx], Awaitable[T]]) -> T:
        """Run a unit that only reads. Never waits for a writer."""
        ...

    async def write(self, unit: Callable[[Tx], Awaitable[T]]) -> T:
        """Run a unit and commit it. Returns after the commit is durable; raises what the unit raises."""
        ...

    def secret(self) -> bytes:
        """32 random bytes that this store was made with: what is signed for it is signed with them.

        They are never logged or shown, and go into backups, so that what was signed stays good after a restore.
        """
        ...

    @property
    def trouble(self) -> str | None:
        """Why the last unit that had something to write could not be kept, safe to show; None where it was kept."""
        ...

    async def close(self) -> None:
        """Finish what was accepted, then let go."""
        ...


class StoreProblem(Exception):
    """The store itself cannot go on: a locked folder, a newer schema, a disk that refuses. `str` is safe to show."""
