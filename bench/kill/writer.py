"""A writer: tells small stories to the server until it dies, and writes down every write before and after."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from bench.kill.content import bytes_of, output_of, size_of, text_of
from bench.kill.journal import Answer, Fault, Heard, Intent
from bench.kill.log import Ear
from bench.kill.voice import Call, Official, Plain
from bench.kill.wire import Dead, Refused, Wire
from bench.kill.world import OK, Message

if TYPE_CHECKING:
    from random import Random

    from bench.kill.campaign import Life
    from bench.kill.voice import Voice
    from bench.kill.wire import Frame
    from bench.kill.world import Run, Thread

OLD_MAX = 5
"""How many of its threads a writer remembers, to go on with in later lives."""
ENTRIES_MAX = 60
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
OVER = ("completed", "cancelled", "failed", "expired", "incomplete")


class Writer:
    """One of many. `is_official` speaks with the official client, else plainly; streams are always read plainly."""

    def __init__(self, number: int, *, is_official: bool) -> None:
        self.number = number
        self.is_official = is_official
        self._threads: list[str] = []
        self._files: list[str] = []
        self._uploads: list[str] = []

    async def live(self, life: Life, dice: Random) -> None:
        """Write until the server is gone."""
        telling = _Telling(self, life, dice)
        stories = {
            telling.talk: 30,
            telling.go_on: 20,
            telling.speak_among_others: 20,
            telling.run: 16,
            telling.thread_and_run: 6,
            telling.file: 10,
            telling.upload: 8,
        }
        try:
            while True:
                [story] = dice.choices(list(stories), weights=list(stories.values()))
                await story()
        except Dead:
            return
        finally:
            await telling.close()

    def remember(self, thread: str) -> None:
        """A thread to come back to."""
        self._threads = [*self._threads[-OLD_MAX:], thread]

    @property
    def threads(self) -> list[str]:
        """Marks of its newest threads, of which some may be gone."""
        return self._threads

    @property
    def files(self) -> list[str]:
        """Marks of its files that it may still delete."""
        return self._files

    @property
    def uploads(self) -> list[str]:
        """Marks of its uploads that may still be open."""
        return self._uploads


class _Telling:
    """What a writer does in one life."""

    def __init__(self, writer: Writer, life: Life, dice: Random) -> None:
        self._writer = writer
        self._life = life
        self._dice = dice
        self._voice: Voice = Official(life.port) if writer.is_official else Plain(life.port)
        self._wire = Wire(life.port)
        self._made = 0

    async def close(self) -> None:
        """Let go of the connections."""
        self._wire.drop()
        await self._voice.close()

    def _mark(self, kind: str) -> str:
        """A name that nothing else has. The life comes first: so a journal can be read by eye."""
        self._made += 1
        return f"{kind}{self._life.number}.{self._writer.number}.{self._made}"

    async def _write(self, call: Call, *, gives: str = "", may_be_refused: bool = False, **said: Any) -> dict[str, Any]:  # noqa: ANN401 (the fields of an intent)
        """Send it, with what is written down before and after. `gives` is the mark that the answer's id belongs to.

        The answer; empty where it was a refusal.
        """
        life = self._life
        number = life.next_number()
        life.tell(Intent(n=number, life=life.number, writer=self._writer.number, kind=call.kind, **said))
        life.sending()
        status, value = await self._voice.send(call)
        life.answered()
        if status != OK:
            life.tell(Answer(n=number, status=status, expected=may_be_refused, said=str(value)[:300]))
            return {}
        life.tell(Answer(n=number, status=status, ids=_ids(call.kind, gives, said, value)))
        return value

    # Stories

    async def talk(self) -> None:
        """A new thread, and what people do with it."""
        thread = await self._new_thread()
        if thread is not None:
            await self._busy_with(thread)

    async def go_on(self) -> None:
        """A thread of an earlier story, perhaps of an earlier life; or an upload that was broken off."""
        for mark in list(self._writer.uploads):
            if self._life.world.upload(mark).state == "open":
                await self._continue_upload(mark)
            else:
                self._writer.uploads.remove(mark)
        known = [mark for mark in self._writer.threads if self._can_go_on(mark)]
        if known:
            thread = self._life.world.thread(self._dice.choice(known))
            await self._busy_with(thread)

    def _can_go_on(self, mark: str) -> bool:
        thread = self._life.world.thread(mark)
        return thread.is_there and bool(thread.id) and len(thread.entries) < ENTRIES_MAX

    async def _new_thread(self) -> Thread | None:
        mark, value = self._mark("t"), self._mark("v")
        first = [self._mark("m") for _ in range(self._dice.choice((0, 0, 1, 2, 5, 12)))]
        body = {"metadata": {"mark": mark, "value": value}}
        if first:
            body["messages"] = [_message(one) for one in first]  # type: ignore[assignment]
        await self._write(Call(kind="thread_create", body=body), gives=mark, thread=mark, marks=first, value=value)
        self._writer.remember(mark)
        thread = self._life.world.thread(mark)
        return thread if thread.is_there else None

    async def _busy_with(self, thread: Thread) -> None:
        for _ in range(self._dice.randrange(1, 7)):
            chance = self._dice.random()
            if chance < 0.55:  # noqa: PLR2004 (shares)
                await self._append(thread)
            elif chance < 0.7:  # noqa: PLR2004
                await self._patch_thread(thread)
            elif chance < 0.85:  # noqa: PLR2004
                await self._patch_message(thread)
            elif chance < 0.96:  # noqa: PLR2004
                await self._delete_message(thread)
            else:
                await self._write(Call(kind="thread_delete", thread=thread.id), thread=thread.mark)
                return

    async def _append(self, thread: Thread) -> None:
        mark = self._mark("m")
        call = Call(kind="append", thread=thread.id, body=_message(mark))
        await self._write(call, gives=mark, thread=thread.mark, mark=mark, marks=[mark])

    async def _patch_thread(self, thread: Thread) -> None:
        value = self._mark("v")
        call = Call(kind="thread_patch", thread=thread.id, body={"metadata": {"mark": thread.mark, "value": value}})
        await self._write(call, thread=thread.mark, value=value)

    def _one_of(self, thread: Thread) -> Message | None:
        known = [one for one in thread.entries if isinstance(one, Message) and one.is_there and one.id]
        return self._dice.choice(known) if known else None

    async def _patch_message(self, thread: Thread) -> None:
        if message := self._one_of(thread):
            value = self._mark("v")
            call = Call(kind="message_patch", thread=thread.id, own=message.id, body={"metadata": {"value": value}})
            await self._write(call, thread=thread.mark, mark=message.mark, value=value)

    async def _delete_message(self, thread: Thread) -> None:
        if message := self._one_of(thread):
            call = Call(kind="message_delete", thread=thread.id, own=message.id)
            await self._write(call, thread=thread.mark, mark=message.mark)

    async def speak_among_others(self) -> None:
        """Messages in a thread that every writer writes to."""
        for _ in range(self._dice.randrange(1, 5)):
            await self._append(self._life.world.thread(self._life.common))

    # Runs

    async def run(self) -> None:
        """A run on a thread of its own, and after it the thread goes on."""
        thread = await self._new_thread()
        if thread is None:
            return
        await self._append(thread)
        for _ in range(self._dice.randrange(1, 3)):
            more = [self._mark("m") for _ in range(self._dice.choice((0, 0, 2)))]
            asked = more[-1] if more else _newest(thread)
            mark = self._mark("r")
            body = {"additional_messages": [_message(one) for one in more]} if more else {}
            await self._begin("run_create", thread.mark, mark, body, asked=asked, marks=more)
            if not thread.is_there:
                return
            await self._append(thread)

    async def thread_and_run(self) -> None:
        """Both in one call."""
        thread, mark, value = self._mark("t"), self._mark("r"), self._mark("v")
        first = [self._mark("m") for _ in range(self._dice.randrange(1, 4))]
        inner = {"messages": [_message(one) for one in first], "metadata": {"mark": thread, "value": value}}
        await self._begin("thread_and_run", thread, mark, {"thread": inner}, asked=first[-1], marks=first, value=value)
        self._writer.remember(thread)

    async def _begin(
        self, kind: str, thread: str, mark: str, more: dict[str, Any], *, asked: str, marks: list[str], value: str = ""
    ) -> None:
        tools, is_stream = self._dice.random() < 0.4, self._dice.random() < 0.6  # noqa: PLR2004 (shares)
        does_cancel, does_delete = self._dice.random() < 0.1, self._dice.random() < 0.03  # noqa: PLR2004
        body = {"assistant_id": self._life.assistant, "metadata": {"mark": mark}, **more}
        body |= {"tools": [TOOL] if tools else []}
        said = {"thread": thread, "run": mark, "asked": asked, "marks": marks, "tools": tools, "value": value}
        call = Call(kind=kind, thread=self._life.world.things[thread].id if kind == "run_create" else "", body=body)
        following = _Following(self._life, with_thread=kind == "thread_and_run", run=mark)
        try:
            if is_stream:
                await self._follow_call(call, following, said)
            else:
                await self._write(call, gives=mark, **said)
            run, home = self._life.world.run(mark), self._life.world.thread(thread)
            if not (run.id and home.id):
                return
            if does_delete:
                await self._write(Call(kind="thread_delete", thread=home.id), thread=thread)
                return
            if does_cancel:
                await self._write(
                    Call(kind="cancel", thread=home.id, own=run.id), thread=thread, run=mark, may_be_refused=True
                )
            await self._to_its_end(home, run, following, is_cancelled=does_cancel)
        finally:
            following.note()

    async def _follow_call(
        self, call: Call, following: _Following, said: dict[str, Any], *, may_be_refused: bool = False
    ) -> None:
        """Send a write that is answered with a stream, and read it, to where it ends."""
        life = self._life
        number = life.next_number()
        life.tell(Intent(n=number, life=life.number, writer=self._writer.number, kind=call.kind, **said))
        life.sending()
        method, path = call.line
        is_answered = False
        ids: dict[str, str] = {}
        try:
            async with aclosing(self._wire.follow(method, path, call.body | {"stream": True})) as frames:
                async for frame in frames:
                    if frame.name == "thread.created":
                        ids[said["thread"]] = frame.value["id"]
                    elif not is_answered:
                        is_answered = True
                        life.answered()
                        if call.kind != "submit":  # whose stream goes on with what the outputs have ended
                            ids[said["run"]] = frame.value["id"]
                        life.tell(Answer(n=number, status=OK, ids=ids))
                    following.hear(frame)
        except Refused as refused:
            life.answered()
            life.tell(Answer(n=number, status=refused.status, expected=may_be_refused, said=str(refused.body)[:300]))

    async def _to_its_end(self, thread: Thread, run: Run, following: _Following, *, is_cancelled: bool) -> None:
        """Read on, and give outputs where they are asked for, until the run is over."""
        path = f"/threads/{thread.id}/runs/{run.id}"
        while not following.is_over:
            if following.owed:
                outputs = [
                    {"tool_call_id": one["id"], "output": output_of(one["function"]["arguments"])}
                    for one in following.owed
                ]
                following.owed = []
                call = Call(kind="submit", thread=thread.id, own=run.id, body={"tool_outputs": outputs})
                said = {"thread": thread.mark, "run": run.mark}
                if self._dice.random() < 0.5:  # noqa: PLR2004 (shares)
                    await self._follow_call(call, following, said, may_be_refused=is_cancelled)
                else:
                    await self._write(call, **said, may_be_refused=is_cancelled)
                continue
            async with aclosing(self._wire.follow("GET", f"{path}/events?after={following.last}")) as frames:
                async for frame in frames:
                    following.hear(frame)
                    if following.owed:
                        break
            if following.owed:
                self._wire.drop()  # the rest of that stream

    # Files

    async def file(self) -> None:
        """A file; now and then an older one is deleted."""
        mark = self._mark("f")
        call = Call(kind="file_create", body={"purpose": "assistants"}, file=(mark, bytes_of(mark)))
        await self._write(call, gives=mark, mark=mark, marks=[mark])
        self._writer.files.append(mark)
        if len(self._writer.files) > 3 or self._dice.random() < 0.3:  # noqa: PLR2004 (shares)
            old = self._life.world.things[self._writer.files.pop(0)]
            if old.is_there:
                await self._write(Call(kind="file_delete", own=old.id), mark=old.mark)

    async def upload(self) -> None:
        """A file in parts."""
        mark = self._mark("u")
        parts = [self._mark("p") for _ in range(self._dice.randrange(1, 5))]
        size = sum(size_of(part) for part in parts)
        body = {"filename": f"f{mark[1:]}", "purpose": "assistants", "bytes": size, "mime_type": "text/plain"}
        await self._write(Call(kind="upload_create", body=body), gives=mark, mark=mark, marks=parts)
        self._writer.uploads.append(mark)
        await self._continue_upload(mark)

    async def _continue_upload(self, mark: str) -> None:
        """The parts that were not answered, once more if they were sent; then the end."""
        upload = self._life.world.upload(mark)
        for part in [part for part, own_id in upload.parts.items() if not own_id]:
            call = Call(kind="upload_part", own=upload.id, file=(part, bytes_of(part)))
            await self._write(call, gives=part, mark=part, upload=mark)
        if self._dice.random() < 0.1:  # noqa: PLR2004 (shares)
            await self._write(Call(kind="upload_cancel", own=upload.id), mark=mark)
        else:
            name = f"f{mark[1:]}"
            call = Call(kind="upload_complete", own=upload.id, body={"part_ids": list(upload.parts.values())})
            await self._write(call, gives=name, mark=name, upload=mark, marks=list(upload.parts))
        self._writer.uploads.remove(mark)


class _Following:
    """What a writer has heard of a run."""

    def __init__(self, life: Life, *, run: str, with_thread: bool) -> None:
        self._life = life
        self._run = run
        self._ear = Ear(may_begin_at=2 if with_thread else 1)
        self.owed: list[dict[str, Any]] = []
        self.is_over = False

    @property
    def last(self) -> int:
        """The last number."""
        return self._ear.last

    def hear(self, frame: Frame) -> None:
        """One more frame."""
        self._ear.hear(frame)
        if frame.name == "thread.run.requires_action":
            self.owed = frame.value["required_action"]["submit_tool_outputs"]["tool_calls"]
        elif (
            frame.name.rpartition(".")[2] in OVER
            and frame.name.startswith("thread.run.")
            and ".step." not in frame.name
        ):
            self.is_over = True

    def note(self) -> None:
        """Write down how far it was."""
        if self._ear.last:
            self._life.tell(Heard(run=self._run, last=self._ear.last, digest=self._ear.digest))
        for fault in self._ear.faults:
            self._life.tell(Fault(what=f"{self._run}: {fault}"))


def _message(mark: str) -> dict[str, Any]:
    return {"role": "user", "content": text_of(mark)}


def _newest(thread: Thread) -> str:
    return next(one.mark for one in reversed(thread.entries) if isinstance(one, Message) and one.is_there)


def _ids(kind: str, gives: str, said: dict[str, Any], value: dict[str, Any]) -> dict[str, str]:
    """The ids that an answer gives to marks."""
    match kind:
        case "upload_complete":
            return {gives: value["file"]["id"]}
        case "thread_and_run":
            return {gives: value["id"], said["thread"]: value["thread_id"]}
        case _:
            return {gives: value["id"]} if gives else {}
