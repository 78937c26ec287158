"""What must be there, as the journal tells it: every thing that was written, and how sure we may be of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bench.kill.journal import Answer, Decided, Ended, Fault, Heard, Intent, Record, Settled

OK = 200


@dataclass(slots=True, kw_only=True, eq=False)
class Thing:
    """Whatever has a mark. `made` and `gone` are None while a write is unanswered that would decide it.

    `value` is its metadata as last answered or seen; `proposed` are later values that nobody answered for.
    """

    mark: str
    writer: int
    made: bool | None = None
    gone: bool | None = False
    id: str = ""
    value: str = ""
    proposed: list[str] = field(default_factory=list)

    @property
    def is_there(self) -> bool:
        """Whether it is certain to be there."""
        return self.made is True and self.gone is False


@dataclass(slots=True, kw_only=True, eq=False)
class Message(Thing):
    """A message that a writer appended."""


@dataclass(slots=True, kw_only=True, eq=False)
class Run(Thing):
    """A run; in its thread it stands where its answer belongs. `last` and `digest` say how far its log was read.

    `with_thread` is one that was made in one call with its thread: the first event of its log is the thread's.
    """

    thread: str
    asked: str
    tools: bool
    with_thread: bool
    last: int = 0
    digest: str = ""
    ended: Ended | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Thread(Thing):
    """A thread with what was put into it, in the order in which it was sent."""

    entries: list[Message | Run] = field(default_factory=list)

    @property
    def runs(self) -> list[Run]:
        """Its runs, oldest first."""
        return [entry for entry in self.entries if isinstance(entry, Run)]


@dataclass(slots=True, kw_only=True, eq=False)
class File(Thing):
    """A file; `parts` are the marks whose bytes it has, one after the other."""

    parts: tuple[str, ...]


@dataclass(slots=True, kw_only=True, eq=False)
class Upload(Thing):
    """An upload, and the ids of those of its parts that were answered. It becomes the file of the same number."""

    parts: dict[str, str] = field(default_factory=dict)
    state: str = "open"


class World:
    """The fold of a journal."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.pending: dict[int, Intent] = {}
        self.touched: set[str] = set()
        self.counts: dict[str, Counter[str]] = {}
        self.faults: list[str] = []
        self.taken_over = 0
        self.runs_ended: Counter[str] = Counter()

    def take(self, record: Record) -> None:
        """One more record."""
        match record:
            case Intent():
                self.pending[record.n] = record
                self._intend(record)
            case Answer():
                self._answer(record)
            case Decided():
                intent = self.pending.pop(record.n)
                word = "unseen" if record.found is None else "found" if record.found else "absent"
                self._count(intent.kind, word)
                if record.found is not None:
                    self._decide(intent, found=record.found)
            case Settled():
                self._settle(record)
            case Heard():
                run = self.run(record.run)
                run.last, run.digest = record.last, record.digest
            case Ended():
                self.run(record.run).ended = record
                self.taken_over += record.taken_over
                self.runs_ended[record.status] += 1
            case Fault():
                self.faults.append(record.what)

    # What is looked up

    def thread(self, mark: str) -> Thread:
        """The thread with this mark."""
        thing = self.things[mark]
        assert isinstance(thing, Thread)
        return thing

    def run(self, mark: str) -> Run:
        """The run with this mark."""
        thing = self.things[mark]
        assert isinstance(thing, Run)
        return thing

    def upload(self, mark: str) -> Upload:
        """The upload with this mark."""
        thing = self.things[mark]
        assert isinstance(thing, Upload)
        return thing

    def forget(self, thread: Thread) -> None:
        """Drop what was in a thread that is gone for good: nothing of it can be asked for."""
        for entry in thread.entries:
            self.things.pop(entry.mark, None)
        thread.entries.clear()

    def _count(self, kind: str, word: str) -> None:
        self.counts.setdefault(kind, Counter())[word] += 1

    # What is written

    def _add(self, thing: Thing) -> None:
        if thing.mark in self.things:
            raise ValueError(f"{thing.mark} names two things")
        self.things[thing.mark] = thing

    def _intend(self, it: Intent) -> None:
        self.touched.add(it.thread or it.mark)
        match it.kind:
            case "thread_create" | "thread_and_run":
                self._add(Thread(mark=it.thread, writer=it.writer, value=it.value))
                self._put(it)
            case "append" | "run_create":
                self._put(it)
            case "thread_patch" | "message_patch":
                self.things[it.mark or it.thread].proposed.append(it.value)
            case "thread_delete" | "message_delete" | "file_delete":
                self.things[it.mark or it.thread].gone = None
            case _:
                self._intend_file(it)

    def _intend_file(self, it: Intent) -> None:
        match it.kind:
            case "file_create":
                self._add(File(mark=it.mark, writer=it.writer, parts=tuple(it.marks)))
            case "upload_create":
                self._add(Upload(mark=it.mark, writer=it.writer, parts=dict.fromkeys(it.marks, "")))
            case "upload_complete":
                self.upload(it.upload).state = "ending"
                if it.mark not in self.things:
                    self._add(File(mark=it.mark, writer=it.writer, parts=tuple(it.marks)))
                self.things[it.mark].made = None
            case "upload_cancel":
                self.upload(it.mark).state = "ending"

    def _put(self, it: Intent) -> None:
        """The messages and the run that come with a write, at the end of its thread."""
        thread = self.thread(it.thread)
        new: list[Message | Run] = [Message(mark=mark, writer=it.writer) for mark in it.marks]
        if it.run:
            new.append(
                Run(
                    mark=it.run,
                    writer=it.writer,
                    thread=it.thread,
                    asked=it.asked,
                    tools=it.tools,
                    with_thread=it.kind == "thread_and_run",
                )
            )
        for entry in new:
            self._add(entry)
        thread.entries += new

    def _answer(self, answer: Answer) -> None:
        intent = self.pending.pop(answer.n)
        if answer.status == OK:
            self._count(intent.kind, "answered")
        else:
            self._count(intent.kind, "refused")
            if not answer.expected:
                self.faults.append(f"write {answer.n}, {intent.kind}: refused with {answer.status}: {answer.said}")
        self._decide(intent, found=answer.status == OK)
        for mark, own_id in answer.ids.items():
            if intent.kind == "upload_part":
                self.upload(intent.upload).parts[mark] = own_id
            else:
                self.things[mark].id = own_id

    def _decide(self, it: Intent, *, found: bool) -> None:
        match it.kind:
            case "thread_create" | "thread_and_run" | "append" | "run_create" | "file_create" | "upload_create":
                own = [it.thread] if it.kind.startswith("thread_") else [it.mark] if it.mark else []
                for mark in [*own, *it.marks * (not it.kind.startswith(("file", "upload"))), it.run]:
                    if mark:
                        self.things[mark].made = found
            case "thread_patch" | "message_patch":
                self._valued(self.things[it.mark or it.thread], it.value, found=found)
            case "thread_delete" | "message_delete" | "file_delete":
                self.things[it.mark or it.thread].gone = found
            case "upload_complete":
                self.things[it.mark].made = found
                self.upload(it.upload).state = "completed" if found else "open"
            case "upload_cancel":
                self.upload(it.mark).state = "cancelled" if found else "ended"

    def _valued(self, thing: Thing, value: str, *, found: bool) -> None:
        if found:
            thing.value = value
            thing.proposed.clear()
        elif value in thing.proposed:
            thing.proposed.remove(value)

    def _settle(self, settled: Settled) -> None:
        thing = self.things[settled.mark]
        if settled.id:
            thing.id = settled.id
        if settled.made is not None:
            thing.made = settled.made
        if settled.gone is not None:
            thing.gone = settled.gone
        if settled.value is not None:
            thing.value = settled.value
            thing.proposed.clear()
