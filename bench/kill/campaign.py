"""A campaign: life after life of one data folder, each ended by `kill -9`, each looked at after the next start."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

import msgspec
from tests.support.process import ServerProcess

from bench.kill.check import Check
from bench.kill.journal import Answer, Intent, Journal, read
from bench.kill.server import WarmServer
from bench.kill.voice import Call, Plain
from bench.kill.wire import Dead, Wire
from bench.kill.world import OK, World
from bench.kill.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from bench.kill.journal import Record

ROOT = Path(__file__).resolve().parent.parent.parent
WRITERS = 32
OFFICIAL = 4
"""How many of them speak with the official client: it takes ten times as long over a call as a plain socket does."""
COMMON_LIVES = 10
"""So many lives write to one common thread."""
LIFE_SECONDS_MAX = 2
"""A life whose sentence waits for more writes than come ends here."""
YOUNG = 0.1
"""Share of lives after which the next server dies before anybody has written to it."""
DYING_SECONDS = 20
TOLD = 50


class Violation(Exception):
    """The campaign has found what must not be. `args` are the faults."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """When a server is to die: after so many seconds; with an answer; or so long after a request was sent."""

    kind: str
    count: int = 0
    seconds: float = 0.0

    @classmethod
    def drawn(cls, dice: Random) -> Sentence:
        """By lot."""
        [kind] = dice.choices(("time", "answer", "sent"), weights=(40, 30, 30))
        if kind == "time":
            return cls(kind=kind, seconds=dice.uniform(0.0, 0.6))
        seconds = dice.choice((0.0, dice.uniform(0.0, 0.004)))
        return cls(kind=kind, count=dice.randrange(1, 250), seconds=seconds)


class Life:
    """One server, from its first answer to its death: what the writers of a life need, and when it ends."""

    def __init__(self, campaign: Campaign, number: int, sentence: Sentence) -> None:
        self.number = number
        self.world = campaign.world
        self.tell = campaign.tell
        self.next_number = campaign.next_number
        self.port = campaign.port
        self.assistant = campaign.assistant
        self.common = campaign.common
        self.killed = asyncio.Event()
        self._sentence = sentence
        self._kill = campaign.server.tell
        self._sent = 0
        self._answered = 0

    def sending(self) -> None:
        """A writer is about to send."""
        self._sent += 1
        if self._sentence.kind == "sent" and self._sent == self._sentence.count:
            asyncio.get_running_loop().call_later(self._sentence.seconds, self.kill)

    def answered(self) -> None:
        """A writer has an answer, and has not yet written it down."""
        self._answered += 1
        if self._sentence.kind == "answer" and self._answered == self._sentence.count:
            self.kill()

    def kill(self) -> None:
        """Now."""
        if not self.killed.is_set():
            self._kill(signal.SIGKILL)
            self.killed.set()

    async def pass_by(self) -> None:
        """Return when the server is dead."""
        timed = self._sentence.seconds if self._sentence.kind == "time" else LIFE_SECONDS_MAX
        asyncio.get_running_loop().call_later(timed, self.kill)
        await self.killed.wait()


@dataclass
class Campaign:
    """All lives of one folder. `seed` decides what is written, and when servers die; `is_warm` how they are started."""

    folder: Path
    model_url: str
    seed: int
    is_warm: bool = False
    world: World = field(default_factory=World)
    starts: list[float] = field(default_factory=list)
    kills: int = 0
    assistant: str = ""
    common: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(self.folder / "journal.jsonl")
        self._number = 0
        self._lives = 0
        self._writers = [Writer(number, is_official=number < OFFICIAL) for number in range(WRITERS)]
        flags = ("--model-url", self.model_url, "--log-level", "error")
        self.server = WarmServer(self.folder, *flags) if self.is_warm else ServerProcess(self.folder, None, *flags)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.server.is_running:
            self.server.kill()
        if isinstance(self.server, WarmServer):
            self.server.close()
        self._journal.close()

    @property
    def port(self) -> int:
        """Where the server listens now."""
        return self.server.address[1]

    def next_number(self) -> int:
        """Of a write."""
        self._number += 1
        return self._number

    def tell(self, record: Record) -> None:
        """Write it down, and know it."""
        self._journal.write(record)
        self.world.take(record)

    async def perform(self, kills: int, *, progress: Callable[[str], None]) -> None:
        """Kill so many times and look at everything. Raises `Violation`."""
        self._start()
        while self.kills < kills:
            self.kills += 1
            dice = Random(f"{self.seed} {self.kills}")
            await self._live(Sentence.drawn(dice))
            while self.kills < kills and dice.random() < YOUNG:
                self.kills += 1
                await self._die_young(dice)
            self._start()
            await self.look(whole=False)
            if self._lives % TOLD == 0:
                progress(f"{self.kills} kills")
        await self.look(whole=True)
        self._stop()
        self._examine()

    def _stop(self) -> None:
        self.server.tell(signal.SIGTERM)
        if code := self.server.ended():
            raise Violation(f"the server ended with {code} when it was told to stop")

    def _start(self) -> None:
        began = time.perf_counter()
        self.server.start()
        self.starts.append(time.perf_counter() - began)

    async def _die_young(self, dice: Random) -> None:
        """Kill a server before it listens, or while it takes up what the last one left."""
        if dice.random() < 0.5:  # noqa: PLR2004 (as often as not)
            self.server.launch()
            await asyncio.sleep(dice.uniform(0.0, 0.4 if self.is_warm else 1.5))
        else:
            self._start()
            await asyncio.sleep(dice.uniform(0.0, 0.2))
        self.server.tell(signal.SIGKILL)
        self._mourn()

    def _mourn(self) -> None:
        """See that it was the kill it died of."""
        if (code := self.server.ended()) != -signal.SIGKILL:
            raise Violation(f"the server ended by itself, with {code}: {self.server.errors}")

    async def _live(self, sentence: Sentence) -> None:
        if self._lives % COMMON_LIVES == 0:
            await self._meet()
        self._lives += 1
        life = Life(self, self.kills, sentence)
        writing = [
            asyncio.ensure_future(writer.live(life, Random(f"{self.seed} {self.kills} {writer.number}")))
            for writer in self._writers
        ]
        await life.pass_by()
        self._mourn()
        async with asyncio.timeout(DYING_SECONDS):
            await asyncio.gather(*writing)
        self._journal.flush()
        if self.server.errors:
            raise Violation(f"the server complained: {self.server.errors}")

    async def _meet(self) -> None:
        """A new thread that all will write to, and at first the assistant of all runs."""
        voice = Plain(self.port)
        if not self.assistant:
            async with Wire(self.port) as wire:
                _, answer = await wire.ask("POST", "/assistants", {"model": "any"})
            self.assistant = msgspec.json.decode(answer)["id"]
        number, self.common = self.next_number(), f"t{self.kills}.common"
        self.tell(Intent(n=number, life=self.kills, writer=-1, kind="thread_create", thread=self.common))
        call = Call(kind="thread_create", body={"metadata": {"mark": self.common}})
        status, value = await voice.send(call)
        self.tell(Answer(n=number, status=status, ids={self.common: value["id"]}, expected=status == OK))
        await voice.close()

    async def look(self, *, whole: bool) -> None:
        """Check what was written since the last look, or everything. Raises `Violation`."""
        check = Check(self.world, self.port, self.tell, whole=whole)
        try:
            await check.run()
        except Dead as dead:
            raise Violation("the server ended in the middle of an answer that it was not killed in") from dead
        self._journal.flush()
        gc.collect()
        gc.freeze()  # the world only grows: it need not be looked through again and again
        if faults := self.world.faults + check.faults:
            raise Violation(*faults)

    def _examine(self) -> None:
        """Let the operator's own command look at the whole database."""
        command = [
            sys.executable,
            "-m",
            "clew",
            "doctor",
            "--data",
            str(self.folder / "data"),
            "--model-url",
            self.model_url,
        ]
        found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        if found.returncode:
            raise Violation(f"the doctor says: {found.stdout}{found.stderr}")


@contextmanager
def a_model() -> Generator[str, None, None]:
    """The model's base URL, while its process lives."""
    command = [sys.executable, "-m", "bench.kill.model"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def remembered(folder: Path) -> World:
    """What the journal in this folder tells."""
    world = World()
    for record in read(folder / "journal.jsonl"):
        world.take(record)
    return world


def look_again(folder: Path) -> list[str]:
    """What is wrong in a folder that a campaign has left, by its journal. Runs that were interrupted go on in it."""
    world = remembered(folder)
    with a_model() as model_url, ServerProcess(folder, None, "--model-url", model_url) as server:
        check = Check(world, server.address[1], world.take, whole=True)
        asyncio.run(check.run())
    return world.faults + check.faults
