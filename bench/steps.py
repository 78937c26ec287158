"""Part "steps": what Literal AI's clients do: telling of steps, reading whole threads, walking, filtering."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.fill import Filling
from bench.load import Plan
from bench.measure import in_turn
from bench.processes import Loader, clew
from bench.queries import GET_THREAD, GET_THREADS, LIST_THREADS, ingestion, query
from bench.rows import CREATE, MESSAGE, answers, request
from bench.text import bullet, paragraph, table

if TYPE_CHECKING:
    from bench.measure import Figures
    from bench.processes import Server
    from bench.scale import Scale

BATCHES = (1, 5, 50)
PAGE = 100
CAUGHT_UP_MICROS = 50_000
"""A list takes longer than this as long as it has much to compare."""
USERS_EACH = 50
"""Threads of one person in a store."""
FILTERS: dict[str, list[dict[str, Any]]] = {
    "no filter": [],
    "`id eq`": [{"field": "id", "operator": "eq", "value": "talk-77"}],
    "`createdAt gt`": [{"field": "createdAt", "operator": "gt", "value": "2020-01-01"}],
    "`name ilike`, few": [{"field": "name", "operator": "ilike", "value": "alk 77"}],
    "`name ilike`, all": [{"field": "name", "operator": "ilike", "value": "talk"}],
    "`name ilike`, two letters that nothing has": [{"field": "name", "operator": "ilike", "value": "qz"}],
    "`metadata eq`, few": [{"field": "metadata", "operator": "eq", "path": "user", "value": "user-7"}],
    "`metadata eq`, all": [{"field": "metadata", "operator": "eq", "path": "channel", "value": "web"}],
    "`metadata gte`, a tenth": [{"field": "metadata", "operator": "gte", "path": "turns", "value": 900}],
    "`tags in`, few": [{"field": "tags", "operator": "in", "value": ["team-7"]}],
    "`tags in`, all": [{"field": "tags", "operator": "in", "value": ["bench"]}],
    "`tokenCount gte`, few": [{"field": "tokenCount", "operator": "gte", "value": 999}],
    "`duration lt`, a tenth": [{"field": "duration", "operator": "lt", "value": 1}],
    "`environment eq`, few": [{"field": "environment", "operator": "eq", "value": "dev"}],
    "`stepType in`, all": [{"field": "stepType", "operator": "in", "value": ["llm"]}],
    "`stepType in`, none": [{"field": "stepType", "operator": "in", "value": ["tool"]}],
    "`stepName eq`, few": [{"field": "stepName", "operator": "eq", "value": "apologize"}],
    "`stepOutput ilike`, few": [{"field": "stepOutput", "operator": "ilike", "path": "content", "value": "RARELY"}],
    "`stepOutput ilike`, all": [{"field": "stepOutput", "operator": "ilike", "path": "content", "value": "often"}],
    "`participantId eq`": [{"field": "participantId", "operator": "eq", "value": ""}],
    "`participantIdentifiers in`": [{"field": "participantIdentifiers", "operator": "in", "value": ["user-7"]}],
    "`scoreValue eq`, a twentieth": [
        {"field": "scoreValue", "operator": "eq", "path": "user-feedback", "value": 1},
    ],
    "a history page: person, text and score": [
        {"field": "participantIdentifiers", "operator": "in", "value": ["user-7"]},
        {"field": "stepOutput", "operator": "ilike", "path": "content", "value": "often"},
        {"field": "scoreValue", "operator": "eq", "path": "user-feedback", "value": 1},
    ],
    "all of a tag and a type": [
        {"field": "tags", "operator": "in", "value": ["bench"]},
        {"field": "stepType", "operator": "in", "value": ["llm"]},
    ],
}
ORDERS = ("tokenCount", "participant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Batches of one size at one number of connections. `appends` is what OpenAI's appends did in the same minutes."""

    size: int
    connections: int
    steps: Figures
    appends: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A thread with so many steps, read whole."""

    length: int
    figures: Figures
    kib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """All threads with their steps, page by page. Memory is the server's: before, and the most that it held."""

    threads: int
    seconds: float
    pages: int
    before_mib: float
    most_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One list by the size of the store."""

    name: str
    figures: dict[int, Figures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What was found."""

    told: list[Told]
    read: list[Read]
    walked: Walked
    listed: list[Listed]
    rounds: int

    def section(self) -> str:
        """What the page says."""
        walked = self.walked
        return f"""\
## Steps, as Literal AI's clients tell and read them

{
            paragraph(
                "Ready-made GraphQL, with the fields and arguments of the last Python client. A batch is one request; "
                "each of its steps is new, and is on the disk before the answer. Appends are OpenAI's, elsewhere."
                + (" Measured in one short round." if self.rounds == 1 else "")
            )
        }

{self._told()}
{self._read()}
{
            bullet(
                f"**An export is a walk in pages of {PAGE}.** {walked.threads:,} threads with their steps took "
                f"{walked.seconds:.0f} s, {walked.seconds / walked.pages * 1000:.0f} ms a page; the server held "
                f"{walked.before_mib:.0f} MiB before and {walked.most_mib:.0f} MiB at the most."
            )
        }
{
            paragraph(
                "The newest 20 threads by each filter, with the total under it, in a small store and in a large one, "
                "one request at a time:"
            )
        }

{self._listed()}"""

    def _told(self) -> str:
        head = (
            "steps in a batch | connections | steps per second | p50 ms | p99 ms | server CPU µs a step "
            "| appends per second | server CPU µs"
        )
        return table(
            head,
            [
                [
                    str(one.size),
                    str(one.connections),
                    f"{one.steps.rate * one.size:,.0f}",
                    f"{one.steps.p50_ms:.2f}",
                    f"{one.steps.p99_ms:.2f}",
                    f"{one.steps.cpu_us / one.size:.0f}",
                    f"{one.appends.rate:,.0f}",
                    f"{one.appends.cpu_us:.0f}",
                ]
                for one in self.told
            ],
        )

    def _read(self) -> str:
        head = "get a thread with steps | KiB | per second | p50 ms | p99 ms | server CPU µs a step"
        return table(
            head,
            [
                [
                    f"{one.length:,}",
                    f"{one.kib:,.0f}",
                    f"{one.figures.rate:,.1f}",
                    f"{one.figures.p50_ms:.2f}",
                    f"{one.figures.p99_ms:.2f}",
                    f"{one.figures.cpu_us / one.length:.1f}",
                ]
                for one in self.read
            ],
        )

    def _listed(self) -> str:
        sizes = list(self.listed[0].figures)
        head = "threads by | " + " | ".join(f"p50 ms of {size:,} | server CPU µs" for size in sizes)
        return table(
            head,
            [
                [
                    one.name,
                    *(
                        cell
                        for size in sizes
                        for cell in (f"{one.figures[size].p50_ms:.2f}", f"{one.figures[size].cpu_us:.0f}")
                    ),
                ]
                for one in self.listed
            ],
        )


def measure(scale: Scale, *, only: str = "") -> Steps:
    """Telling and reading in one store, walking and filtering in stores that were filled without calls."""
    with tempfile.TemporaryDirectory() as folder, Loader() as loader:
        with clew(f"{folder}/told") as server, clew(f"{folder}/plain") as plain:
            told = _told(server, plain, loader, scale)
            read = [_read(server, loader, scale, length) for length in scale.page_lengths]
        with clew(_filled(Path(folder), scale.walked)) as server:
            walked = _walked(server, loader, scale.walked)
        sizes = {size: clew(_filled(Path(folder), size)) for size in scale.stores}
        with sizes[min(sizes)], sizes[max(sizes)]:
            listed = [_listed(name, requests, sizes, loader, scale) for name, requests in lists() if only in name]
        return Steps(told=told, read=read, walked=walked, listed=listed, rounds=scale.rounds)


def _told(server: Server, plain: Server, loader: Loader, scale: Scale) -> list[Told]:
    threads = [made["id"] for made in answers(plain, loader, CREATE, scale.threads)]
    append = [request("POST", f"/v1/threads/{thread}/messages", MESSAGE) for thread in threads]
    found: list[Told] = []
    for size in BATCHES:
        batches = [ingestion(f"talk-{number}", size) for number in range(max(64, scale.threads // size))]
        told = answers(server, loader, batches[:1], 1)[0]["data"]
        assert all(one["ok"] for one in told.values()), told
        for connections in scale.connections:
            asked = {"steps": (server, batches), "appends": (plain, append)}
            taken = in_turn(asked, connections, loader, scale, marked=True)
            steps, appends = taken["steps"].middle, taken["appends"].middle
            found.append(Told(size=size, connections=connections, steps=steps, appends=appends))
            print(
                f"batches of {size}, {connections}: {steps.rate * size:,.0f} steps/s, {steps.cpu_us / size:.0f} µs CPU "
                f"each (appends {appends.rate:,.0f}/s, {appends.cpu_us:.0f} µs)",
                file=sys.stderr,
            )
    return found


def _read(server: Server, loader: Loader, scale: Scale, length: int) -> Read:
    name = f"long-{length}"
    batch = min(length, BATCHES[-1])
    plan = Plan(port=server.port, connections=1, requests=[ingestion(name, batch)], count=length // batch, marked=True)
    loader.perform(plan)
    ask = query(GET_THREAD, id=name)
    body = loader.perform(Plan(port=server.port, connections=1, requests=[ask], count=1, keep=True)).bodies[0]
    assert len(msgspec.json.decode(body)["data"]["threadDetail"]["steps"]) == length // batch * batch
    figures = in_turn({"it": (server, [ask])}, 1, loader, scale)["it"].middle
    print(f"a thread of {length:,} steps: p50 {figures.p50_ms:.1f} ms, {figures.cpu_us:.0f} µs CPU", file=sys.stderr)
    return Read(length=length, figures=figures, kib=len(body) / 1024)


def _filled(folder: Path, size: int) -> str:
    """The folder of a store with so many threads, each with a step. Filled the first time."""
    path = folder / f"store{size}"
    if not path.exists():
        started = time.monotonic()
        asyncio.run(_fill(path, size))
        print(f"filled {size:,} in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return str(path)


async def _fill(folder: Path, size: int) -> None:
    async with Filling(folder) as filling:
        await filling.talks(size, users=max(10, size // USERS_EACH))


def _walked(server: Server, loader: Loader, threads: int) -> Walked:
    """Walk as the client's own loop does: the next page from the end of the last."""
    _caught_up(server, loader)
    before, most = server.settled_mib(), 0.0
    started, after, pages, seen = time.monotonic(), None, 0, 0
    while pages == 0 or after is not None:
        ask = query(GET_THREADS, first=PAGE, after=after)
        page = answers(server, loader, [ask], 1)[0]["data"]["threads"]
        most = max(most, server.memory_mib)
        pages, seen = pages + 1, seen + len(page["edges"])
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
    assert seen == threads, (seen, threads)
    seconds = time.monotonic() - started
    print(f"walked {seen:,} threads in {seconds:.0f} s, {before:.0f} to {most:.0f} MiB", file=sys.stderr)
    return Walked(threads=seen, seconds=seconds, pages=pages, before_mib=before, most_mib=most)


def _caught_up(server: Server, loader: Loader) -> None:
    """Ask until the catalog has been compared with all logs once, which a start begins anew."""
    ask = query(LIST_THREADS, first=1)
    took = float("inf")
    while took > CAUGHT_UP_MICROS:
        took = loader.perform(Plan(port=server.port, connections=1, requests=[ask], count=1)).micros[0]


def lists() -> list[tuple[str, bytes]]:
    """Every list that is measured."""
    by_filter = [(name, query(LIST_THREADS, first=20, filters=filters)) for name, filters in FILTERS.items()]
    by_order = [
        (f"in order of `{column}`", query(LIST_THREADS, first=20, orderBy={"column": column, "direction": "DESC"}))
        for column in ORDERS
    ]
    return by_filter + by_order


def _listed(name: str, ask: bytes, servers: dict[int, Server], loader: Loader, scale: Scale) -> Listed:
    for server in servers.values():
        _caught_up(server, loader)
        answer = answers(server, loader, [ask], 1)[0]
        assert "errors" not in answer, answer
    taken = in_turn({str(size): (server, [ask]) for size, server in servers.items()}, 1, loader, scale)
    figures = {size: taken[str(size)].middle for size in servers}
    said = ", ".join(f"{one.p50_ms:.2f} ms and {one.cpu_us:.0f} µs of {size:,}" for size, one in figures.items())
    print(f"{name}: {said}", file=sys.stderr)
    return Listed(name=name, figures=figures)
