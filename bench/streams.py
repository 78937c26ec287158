"""Part "streams": what Clew adds to the delay of each token, and what a reader costs."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from bench.measure import QUIET
from bench.processes import Loader, Server, Worker, clew
from bench.readers import Crowd, Read
from bench.rows import answers, request
from bench.text import bullet, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.scale import Scale

PACE: Final = 20
"""Tokens a second of each stream: what hosted models do, more or less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One crowd, through Clew."""

    streams: int
    readers: int
    read: Read

    def __str__(self) -> str:
        read = self.read
        return (
            f"{self.readers} readers of {self.streams} streams: p50 {read.p50:.0f} µs, p99 {read.p99:.0f} µs, "
            f"{read.tokens} tokens in {read.pieces} pieces, server {read.server_busy:.0%}, readers {read.busy:.0%} "
            f"of a core, {read.memory_kib:.0f} KiB a reader, joined in {read.joined_seconds:.1f} s; "
            f"others took {read.others:.0%}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """What was found. `direct` reads the model itself: what its process, the socket and the readers' process take."""

    direct: Read
    lines: list[Line]

    def section(self) -> str:
        """What the page says."""
        head = (
            "what | streams | readers | p50 ms | p99 ms | added p50 ms | added p99 ms "
            "| readers' medians, ms | tokens a piece | server's share of a core | KiB a reader"
        )
        direct = self.direct
        rows = [["the model itself", str(len(direct.medians)), str(len(direct.medians)), *_delays(direct), *[""] * 6]]
        for line in self.lines:
            read = line.read
            rows.append(
                [
                    "through Clew",
                    str(line.streams),
                    str(line.readers),
                    *_delays(read),
                    f"{(read.p50 - direct.p50) / 1000:.2f}",
                    f"{(read.p99 - direct.p99) / 1000:.2f}",
                    f"{min(read.medians) / 1000:.2f} to {max(read.medians) / 1000:.2f}",
                    f"{read.tokens / read.pieces:.2f}",
                    f"{read.server_busy:.0%}",
                    f"{read.memory_kib:.0f}" if line.readers > line.streams else "",
                ]
            )
        return f"""\
## Streams

A program speaks like a model, {PACE} tokens a second in each of many streams at once; each token holds the moment at
which it was said. Clew reads it, writes each token to the disk, and shows it to whoever follows the run: one reader
began the run, the others came later (`listRunEvents`). The readers are in one other process, on the same machine and
clock; what is said while they join does not count.

{table(head, rows)}
{"".join(self._sentences())}"""

    def _sentences(self) -> list[str]:
        few, many = self.lines[0], self.lines[-1]
        said = [
            bullet(
                "**A delay** is the time from a token's saying to its reading. What Clew adds to it is the difference "
                "to the same readers at the model itself: one more process, a commit, and one more socket."
            ),
            bullet(
                f"With {few.streams} streams and {few.readers} readers Clew adds "
                f"{(few.read.p50 - self.direct.p50) / 1000:.1f} ms to half of all tokens, "
                f"{(few.read.p99 - self.direct.p99) / 1000:.1f} ms to 99 of 100. A token then takes "
                f"{few.read.server_busy * 1_000_000 / (few.streams * PACE):.0f} µs of the server's CPU, all together: "
                "reading it from the model, writing it, and passing it on."
            ),
            bullet(
                f"With {many.readers} readers of {many.streams} streams {many.readers * PACE:,} pieces a second are to "
                f"go out, and the server takes {many.read.server_busy:.0%} of a core. Where that is all it can have, "
                "tokens do not come later and later: those that wait for one commit go out as one piece "
                f"({many.read.tokens / many.read.pieces:.2f} tokens a piece), and the delay stays where it is, at "
                f"{many.read.p50 / 1000:.0f} ms in the middle."
            ),
        ]
        if many.readers > many.streams:
            fastest, middle, slowest = min(many.read.medians), median(many.read.medians), max(many.read.medians)
            fair = "No reader is last." if slowest < 2 * middle else "Some readers come late."
            said.append(
                bullet(
                    f"**{fair}** Of {many.readers} readers the best served has a middle delay of "
                    f"{fastest / 1000:.1f} ms, the worst {slowest / 1000:.1f} ms, all together {middle / 1000:.1f} ms. "
                    f"Each reader beyond the first takes {many.read.memory_kib:.0f} KiB of the server's memory, its "
                    "connection included."
                )
            )
        said.append(
            bullet(
                f"The readers' process took at most {max(line.read.busy for line in self.lines):.0%} of one core, and "
                f"whatever else ran at most {max(line.read.others for line in self.lines):.0%}."
            )
        )
        return said


def _delays(read: Read) -> list[str]:
    return [f"{read.p50 / 1000:.2f}", f"{read.p99 / 1000:.2f}"]


def measure(scale: Scale) -> Streams:
    """The model itself, then Clew with one reader for each stream, then with many."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Server("bench.steady_model", "--pace", str(PACE)) as model,
        clew(
            f"{folder}/clew", "--model-url", f"http://127.0.0.1:{model.port}/v1", "--runs-at-once", str(scale.runs)
        ) as server,
        Loader() as loader,
        Worker("bench.readers") as readers,
    ):
        ask = request("POST", "/v1/chat/completions", {"model": "any", "messages": [], "stream": True})
        crowd = partial(Crowd, model=model.id, settle_seconds=scale.settle_seconds, seconds=scale.stream_seconds)
        itself = partial(crowd, port=model.port, server=model.id, begin=[ask] * scale.runs)
        direct = _quietest(readers, itself, attempts=scale.attempts)
        print(f"the model itself: p50 {direct.p50:.0f} µs, p99 {direct.p99:.0f} µs", file=sys.stderr)
        (assistant,) = answers(server, loader, [request("POST", "/v1/assistants", {"model": "any"})], 1)

        def crowd_of(others: int) -> Crowd:
            created = answers(server, loader, [request("POST", "/v1/threads", THREAD)], scale.runs)
            run = {"assistant_id": assistant["id"], "stream": True}
            return crowd(
                port=server.port,
                server=server.id,
                begin=[closing(request("POST", f"/v1/threads/{thread['id']}/runs", run)) for thread in created],
                join=[closing(request("GET", f"/v1/threads/{thread['id']}/runs/{{run}}/events")) for thread in created],
                others=others,
            )

        lines: list[Line] = []
        for each in scale.readers:
            read = _quietest(readers, partial(crowd_of, each - 1), attempts=scale.attempts)
            lines.append(Line(streams=scale.runs, readers=scale.runs * each, read=read))
            print(lines[-1], file=sys.stderr)
        return Streams(direct=direct, lines=lines)


def _quietest(readers: Worker, crowd: Callable[[], Crowd], *, attempts: int) -> Read:
    """What a crowd read while nothing else ran, or at the quietest of some attempts."""
    tried: list[Read] = []
    while len(tried) < attempts and not (tried and tried[-1].others < QUIET):
        tried.append(readers.ask(crowd(), Read))
    return min(tried, key=lambda one: one.others)


THREAD: Final[dict[str, Any]] = {"messages": [{"role": "user", "content": "Speak."}]}


def closing(asked: bytes) -> bytes:
    """The same request, for an answer that ends its connection: streams end so."""
    return asked.replace(b"Connection: keep-alive", b"Connection: close")
