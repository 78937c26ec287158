"""The check: what the server shows against what the journal says.

What nobody answered may be there or not, but as a whole; what is found is written down, and must stay so.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec

from bench.kill.content import answer_of, bytes_of, output_of, text_of
from bench.kill.journal import Decided, Ended, Settled
from bench.kill.log import Ear, Log
from bench.kill.log import text_of as said_in
from bench.kill.wire import Dead, Refused, Wire
from bench.kill.world import OK, File, Message, Run, Thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

    from bench.kill.journal import Intent, Record
    from bench.kill.world import Thing, World

T = TypeVar("T")

AT_ONCE = 16
RUN_SECONDS = 60
"""A run that takes longer to end, with a model that answers in less than one, does not."""
NOT_FOUND = 404


class Check:
    """One look at one server. `faults` is what was found to be wrong.

    `whole` looks at everything there is; else only at what has been written to since the last check.
    """

    def __init__(self, world: World, port: int, tell: Callable[[Record], None], *, whole: bool = False) -> None:
        self.faults: list[str] = []
        self._world = world
        self._port = port
        self._tell = tell
        self._whole = whole
        self._wires: asyncio.LifoQueue[Wire] = asyncio.LifoQueue()
        self._open: dict[str, list[Intent]] = {}

    async def run(self) -> None:
        """Look."""
        wires = [Wire(self._port) for _ in range(2 * AT_ONCE)]  # a run that is followed needs a second one
        for wire in wires:
            self._wires.put_nowait(wire)
        for intent in self._world.pending.values():
            self._open.setdefault(intent.thread or intent.mark, []).append(intent)
        marks = list(self._world.things) if self._whole else sorted(self._world.touched)
        things = [thing for mark in marks if (thing := self._world.things.get(mark)) is not None]
        try:
            await _in_turns(self._thread, [thing for thing in things if isinstance(thing, Thread)])
            await self._files([thing for thing in things if isinstance(thing, File)])
            if self._whole:
                await self._no_strangers()
        finally:
            for wire in wires:
                wire.drop()
        for intent in list(self._world.pending.values()):  # parts and the like, which nothing shows
            self._tell(Decided(n=intent.n, found=None))
        for thing in things:
            if isinstance(thing, Thread) and thing.gone:
                self._world.forget(thing)
        self._world.touched.clear()

    def _wrong(self, thing: Thing | str, what: str) -> None:
        name = thing if isinstance(thing, str) else f"{thing.mark} ({thing.id or 'no id'})"
        self.faults.append(f"{name}: {what}")

    # Asking

    @asynccontextmanager
    async def _wire(self) -> AsyncGenerator[Wire, None]:
        wire = await self._wires.get()
        try:
            yield wire
        except BaseException:
            wire.drop()  # in the middle of an answer it is of no use to the next one
            raise
        finally:
            self._wires.put_nowait(wire)

    async def _ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        async with self._wire() as wire:
            return await wire.ask(method, path, body)

    async def _get(self, path: str) -> Any:  # noqa: ANN401 (whatever JSON is there)
        """What is there; None where nothing is."""
        status, body = await self._ask("GET", path)
        if status == NOT_FOUND:
            return None
        if status != OK:
            self._wrong(path, f"answers {status}: {body[:300]!r}")
            return None
        return msgspec.json.decode(body)

    async def _list(self, path: str) -> list[dict[str, Any]]:
        """A whole list, oldest first."""
        found: list[dict[str, Any]] = []
        mark = "&" if "?" in path else "?"
        after = ""
        while page := await self._get(f"{path}{mark}limit=100&order=asc{after}"):
            found += page["data"]
            if not page["has_more"]:
                break
            after = f"&after={page['last_id']}"
        return found

    # Threads

    async def _thread(self, thread: Thread) -> None:
        opened = self._open.get(thread.mark, [])
        value = await self._shown(thread)
        for intent in opened:
            if intent.kind in ("thread_create", "thread_and_run"):
                self._tell(Decided(n=intent.n, found=value is not None))
            elif intent.kind == "thread_delete":
                self._tell(Decided(n=intent.n, found=value is None))
        if value is None:
            if thread.is_there:
                self._wrong(thread, "the thread is lost")
            for intent in opened:
                if intent.n in self._world.pending:
                    self._tell(Decided(n=intent.n, found=None))
            return
        if thread.made is False or thread.gone:
            self._wrong(thread, "the thread was never made or was deleted, and is there")
            return
        self._metadata(thread, value, [intent for intent in opened if intent.kind == "thread_patch"])
        runs = await self._runs(thread, [intent for intent in opened if intent.kind == "run_create"])
        logs = {run.id: await self._run(run, thread, opened) for run in runs if run.made and run.id}
        await self._messages(thread, logs, opened)

    async def _shown(self, thread: Thread) -> dict[str, Any] | None:
        if thread.id:
            return await self._get(f"/threads/{thread.id}")
        if thread.made is False:
            return None
        found = await self._list(f"/threads?metadata[mark]={quote(thread.mark)}")
        if len(found) > 1:
            self._wrong(thread, f"the thread is there {len(found)} times")
        if not found:
            return None
        self._tell(Settled(mark=thread.mark, id=found[0]["id"]))
        return found[0]

    def _metadata(self, thing: Thing, value: dict[str, Any], patches: list[Intent]) -> None:
        """Its metadata, which is the last that was answered, or one that was sent after it."""
        seen = value["metadata"].get("value", "")
        if seen not in (thing.value, *thing.proposed):
            self._wrong(thing, f"its metadata is {value['metadata']}, it should be {thing.value or 'empty'}")
        for intent in patches:
            self._tell(Decided(n=intent.n, found=seen == intent.value))

    async def _runs(self, thread: Thread, opened: list[Intent]) -> list[Run]:
        runs = thread.runs
        if not runs:
            return []
        known = {run.mark: run for run in runs}
        seen: set[str] = set()
        for value in await self._list(f"/threads/{thread.id}/runs"):
            mark = value["metadata"].get("mark", "")
            run = known.get(mark)
            if run is None or mark in seen or run.id not in ("", value["id"]):
                self._wrong(thread, f"the run {value['id']} is unknown, or there twice")
                continue
            seen.add(mark)
            if not run.id:
                self._tell(Settled(mark=mark, id=value["id"]))
        for intent in opened:
            self._tell(Decided(n=intent.n, found=intent.run in seen))
        for run in runs:
            if run.made is not (run.mark in seen):
                self._wrong(run, "the run is lost" if run.made else "the run was never made, and is there")
        return [run for run in runs if run.mark in seen]

    async def _messages(self, thread: Thread, logs: dict[str, Log | None], opened: list[Intent]) -> None:
        places = {entry.mark: place for place, entry in enumerate(thread.entries)}
        sent = {entry.mark: entry for entry in thread.entries if isinstance(entry, Message)}
        by_run = {run.id: run for run in thread.runs}
        reached: dict[int, int] = {}
        seen: set[str] = set()
        written: dict[str, list[dict[str, Any]]] = {}
        for value in await self._list(f"/threads/{thread.id}/messages"):
            entry: Message | Run | None
            if value["run_id"]:
                entry = by_run.get(value["run_id"])
                written.setdefault(value["run_id"], []).append(value)
            else:
                entry = sent.get(said_in(value).split(" ", 1)[0])
                if entry is not None and entry.mark in seen:
                    self._wrong(entry, f"the message is there twice: {value['id']}")
            if entry is None:
                self._wrong(thread, f"nobody sent the message {value['id']}: {said_in(value)[:80]!r}")
                continue
            if reached.get(entry.writer, -1) > places[entry.mark]:
                self._wrong(entry, "it is out of its writer's order")
            reached[entry.writer] = places[entry.mark]
            if isinstance(entry, Message) and entry.mark not in seen:
                self._message(entry, value, opened)
            seen.add(entry.mark)
        for entry in thread.entries:
            if isinstance(entry, Message):
                self._absence(entry, opened, is_seen=entry.mark in seen)
            elif entry.made:
                self._written(entry, written.get(entry.id, []), logs.get(entry.id))

    def _message(self, message: Message, value: dict[str, Any], opened: list[Intent]) -> None:
        """A message that is there."""
        if said_in(value) != text_of(message.mark):
            self._wrong(message, f"half or changed: {len(said_in(value))} characters")
        if message.id not in ("", value["id"]):
            self._wrong(message, f"its id is {value['id']}")
        if message.made is False or message.gone:
            self._wrong(message, "the message was never made or was deleted, and is there")
        if not message.id:
            self._tell(Settled(mark=message.mark, id=value["id"]))
        mine = [intent for intent in opened if intent.mark == message.mark]
        self._metadata(message, value, [intent for intent in mine if intent.kind == "message_patch"])

    def _absence(self, message: Message, opened: list[Intent], *, is_seen: bool) -> None:
        """Whether it may be missing; and what its being there or not decides."""
        for intent in opened:
            if message.mark in (intent.mark, *intent.marks) and intent.n in self._world.pending:
                if intent.kind == "append":
                    self._tell(Decided(n=intent.n, found=is_seen))
                elif intent.kind == "message_delete":
                    self._tell(Decided(n=intent.n, found=not is_seen))
        if message.is_there and not is_seen:
            self._wrong(message, "the message is lost")

    # Runs

    async def _run(self, run: Run, thread: Thread, opened: list[Intent]) -> Log | None:
        """The run's log, to its end; None where it was read to its end before and is not to be read again."""
        if run.ended is not None and not self._whole:
            return None
        path = f"/threads/{thread.id}/runs/{run.id}"
        try:
            async with asyncio.timeout(RUN_SECONDS):
                return await self._read(run, path, opened)
        except TimeoutError:
            self._wrong(run, f"does not end: {await self._get(path)}")
        except Refused as refused:
            self._wrong(run, f"its log cannot be read: {refused}")
        return Log()

    async def _read(self, run: Run, path: str, opened: list[Intent]) -> Log:
        begin = 2 if run.with_thread else 1
        later = Ear(last=run.last, digest=run.digest, may_begin_at=begin)
        is_waiting = await self._go_on(path)
        for intent in opened:
            if intent.kind == "submit" and intent.run == run.mark:
                self._tell(Decided(n=intent.n, found=not is_waiting))
        async for frame in self._events(path, after=run.last):
            later.hear(frame)
            if frame.name == "thread.run.requires_action":
                await self._go_on(path)
        whole, log, at_heard = await self._whole_log(path, Ear(may_begin_at=begin), heard_to=run.last)
        self.faults += [f"{run.mark} ({run.id}): {what}" for what in (*later.faults, *whole.faults, *log.faults)]
        if at_heard != run.digest:
            self._wrong(run, f"its log up to {run.last} is not what was heard")
        if (later.last, later.digest) != (whole.last, whole.digest):
            self._wrong(run, f"read on from {run.last} to {later.last}, it is not its whole log, to {whole.last}")
        await self._compare(run, path, log, opened)
        ended = Ended(run=run.mark, status=log.status, last=whole.last, digest=whole.digest, taken_over=log.taken_over)
        if run.ended is None:
            self._tell(ended)
        elif run.ended != ended:
            self._wrong(run, f"its log has changed after its end: {ended}, before {run.ended}")
        return log

    async def _whole_log(self, path: str, ear: Ear, *, heard_to: int) -> tuple[Ear, Log, str]:
        """The log from its beginning, and its digest up to the number that was heard."""
        log, at_heard = Log(), ""
        async for frame in self._events(path, after=0):
            ear.hear(frame)
            log.take(frame)
            if ear.last == heard_to:
                at_heard = ear.digest
        log.end()
        return ear, log, at_heard

    async def _events(self, path: str, *, after: int) -> AsyncGenerator[Any, None]:
        async with self._wire() as wire, aclosing(wire.follow("GET", f"{path}/events?after={after}")) as frames:
            async for frame in frames:
                yield frame

    async def _go_on(self, path: str) -> bool:
        """Give a run that waits the outputs it waits for; whether it did."""
        value = await self._get(path)
        if value is None or value["status"] != "requires_action":
            return False
        calls = value["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": one["id"], "output": output_of(one["function"]["arguments"])} for one in calls]
        status, body = await self._ask("POST", f"{path}/submit_tool_outputs", {"tool_outputs": outputs})
        if status != OK:
            self._wrong(path, f"takes no outputs: {status} {body[:300]!r}")
        return True

    async def _compare(self, run: Run, path: str, log: Log, opened: list[Intent]) -> None:
        """The run and its steps, as they are read alone, against its log."""
        value = await self._get(path)
        if value is None or value["status"] != log.status:
            self._wrong(run, f"is {value and value['status']}, its log says {log.status}")
        steps = await self._list(f"{path}/steps")
        if [(one["id"], one["status"]) for one in steps] != [(one["id"], one["status"]) for one in log.steps.values()]:
            self._wrong(run, f"its steps are {[one['id'] for one in steps]}, its log says {list(log.steps)}")
        cancels = [intent for intent in opened if intent.kind == "cancel" and intent.run == run.mark]
        for intent in cancels:
            self._tell(Decided(n=intent.n, found=log.status == "cancelled"))
        if log.status not in ("completed", "cancelled"):
            self._wrong(run, f"ended as {log.status}: {value and value['last_error']}")

    def _written(self, run: Run, messages: list[dict[str, Any]], log: Log | None) -> None:
        """What the run has put into its thread."""
        if log is not None and messages != log.kept:
            self._wrong(run, f"wrote {[one['id'] for one in messages]}, its log says {[one['id'] for one in log.kept]}")
        answer = answer_of(run.asked, called=run.tools)
        texts = [said_in(one) for one in messages]
        status = run.ended.status if run.ended is not None else ""
        if status == "completed" and texts != [answer]:
            self._wrong(run, f"should say {answer!r}, and says {texts}")
        if status == "cancelled" and not (not texts or (len(texts) == 1 and answer.startswith(texts[0]))):
            self._wrong(run, f"was cancelled while it said {answer!r}, and says {texts}")

    # Files

    async def _files(self, files: list[File]) -> None:
        unsure = {file.mark: file for file in files if file.made is None}
        if unsure:
            page = await self._get("/files?limit=10000&order=desc")
            found: dict[str, list[str]] = {}
            for value in page["data"] if page else ():
                found.setdefault(value["filename"], []).append(value["id"])
            for mark in unsure:
                self._found_file(mark, found.get(mark, []))
        await _in_turns(self._file, [file for file in files if file.made])

    def _found_file(self, mark: str, ids: list[str]) -> None:
        if len(ids) > 1:
            self._wrong(mark, f"the file is there {len(ids)} times")
        if ids:
            self._tell(Settled(mark=mark, id=ids[0]))
        for intent in list(self._world.pending.values()):
            if intent.mark == mark and intent.kind in ("file_create", "upload_complete"):
                self._tell(Decided(n=intent.n, found=bool(ids)))

    async def _file(self, file: File) -> None:
        value = await self._get(f"/files/{file.id}")
        for intent in self._open.get(file.mark, []):
            if intent.kind == "file_delete":
                self._tell(Decided(n=intent.n, found=value is None))
        if value is None:
            if file.is_there:
                self._wrong(file, "the file is lost")
            return
        if file.gone:
            self._wrong(file, "the file was deleted, and is there")
            return
        expected = b"".join(bytes_of(part) for part in file.parts)
        try:
            status, content = await self._ask("GET", f"/files/{file.id}/content")
        except Dead:
            self._wrong(file, "half or changed: its bytes break off")
            return
        if status != OK or content != expected or value["bytes"] != len(expected) or value["filename"] != file.mark:
            self._wrong(file, f"half or changed: {status}, {len(content)} of {len(expected)} bytes, said {value}")

    # Everything

    async def _no_strangers(self) -> None:
        """Each thread and each file that is listed is one of ours, once."""
        threads = await self._list("/threads")
        self._known("thread", [value["id"] for value in threads], Thread)
        page = await self._get("/files?limit=10000&order=asc")
        files = []
        while page and page["data"]:
            files += page["data"]
            page = (
                await self._get(f"/files?limit=10000&order=asc&after={page['last_id']}") if page["has_more"] else None
            )
        self._known("file", [value["id"] for value in files], File)

    def _known(self, noun: str, ids: list[str], kind: type[Thing]) -> None:
        ours = {thing.id for thing in self._world.things.values() if isinstance(thing, kind) and thing.is_there}
        if len(ids) != len(set(ids)):
            self._wrong(noun, "something is listed twice")
        if strangers := set(ids) - ours:
            self._wrong(noun, f"{len(strangers)} that nobody made are listed: {sorted(strangers)[:5]}")
        if missing := ours - set(ids):
            self._wrong(noun, f"{len(missing)} are not listed: {sorted(missing)[:5]}")


async def _in_turns(look: Callable[[T], Awaitable[None]], things: Iterable[T]) -> None:
    """Look at each of them, some at a time."""
    waiting = list(things)

    async def take() -> None:
        while waiting:
            await look(waiting.pop())

    await asyncio.gather(*(take() for _ in range(AT_ONCE)))
