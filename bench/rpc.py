"""Part "rpc": writes over gRPC, beside the same over HTTP and beside a gRPC server that does nothing."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.load import Plan
from bench.measure import Asked, each_in_turn
from bench.processes import Loader, Server, clew
from bench.rows import CHANNEL, CREATE, MESSAGE, TEXT, request
from bench.rpc_load import RpcPlan
from bench.text import bullet, paragraph, table
from clew.dialects.yandex import wire

if TYPE_CHECKING:
    from bench.measure import Figures
    from bench.scale import Scale

PACKAGE = "/yandex.cloud.ai.assistants.v1.threads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One line of the table: the same over gRPC and over HTTP. `of_echo` is Clew's rate as a share of the floor's."""

    name: str
    calls: int
    rpc: Figures
    http: Figures
    echo: Figures
    of_echo: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rpc:
    """What was found."""

    cells: list[Cell]

    def section(self) -> str:
        """What the page says."""
        head = (
            "what | at a time | per second | p50 ms | p99 ms | server CPU µs | echo floor /s | of echo "
            "| over HTTP /s | its CPU µs"
        )
        lines = [
            [
                cell.name,
                str(cell.calls),
                f"{cell.rpc.rate:,.0f}",
                f"{cell.rpc.p50_ms:.2f}",
                f"{cell.rpc.p99_ms:.2f}",
                f"{cell.rpc.cpu_us:.0f}",
                f"{cell.echo.rate:,.0f}",
                f"{cell.of_echo:.2f}",
                f"{cell.http.rate:,.0f}",
                f"{cell.http.cpu_us:.0f}",
            ]
            for cell in self.cells
        ]
        busy = max(cell.rpc.busy for cell in self.cells)
        return f"""\
## gRPC

{paragraph("What Yandex clients send, beside what OpenAI clients send for the same, to the same server.")}

{table(head, lines)}
- **Echo floor**: a server on the same gRPC stack (`grpc.aio`, uvloop) that answers each call with its own bytes.
{
            bullet(
                "The load is made by gRPC's own client in Python, which costs as much as the server: its process took "
                f"at most {busy:.0%} of one core. The rates are lower bounds for that reason; the server's CPU is not."
            )
        }"""


def measure(scale: Scale) -> Rpc:
    """Each call at each number of calls at a time, its floor and its twin right beside it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        clew(folder) as server,
        Server("bench.floors", "echo") as echo,
        Loader("bench.rpc_load") as loader,
        Loader() as web_loader,
    ):
        threads = _threads(server, loader, scale.threads)
        content = wire.MessageContent(content=[wire.ContentPart(text=wire.Text(content=TEXT))])
        labels = {"channel": CHANNEL}
        append = [wire.CreateMessageRequest(thread_id=one, labels=labels, content=content) for one in threads]
        web_append = [request("POST", f"/v1/threads/{thread_id}/messages", MESSAGE) for thread_id in threads]
        rows = {
            "append a message": (f"{PACKAGE}.MessageService/Create", append, web_append),
            "create a thread": (f"{PACKAGE}.ThreadService/Create", _new_threads(), CREATE),
        }
        cells: list[Cell] = []
        for name, (method, messages, web) in rows.items():
            sent = [message.SerializeToString() for message in messages]
            for calls in scale.connections:
                rpc = RpcPlan(port=server.grpc_port, connections=calls, requests=sent, method=method)
                floor = RpcPlan(port=echo.port, connections=calls, requests=sent, method=method)
                taken = each_in_turn(
                    {
                        "rpc": Asked(server=server, loader=loader, plan=rpc),
                        "echo": Asked(server=echo, loader=loader, plan=floor),
                        "http": Asked(
                            server=server,
                            loader=web_loader,
                            plan=Plan(port=server.port, connections=calls, requests=web),
                        ),
                    },
                    scale,
                )
                cells.append(
                    Cell(
                        name=name,
                        calls=calls,
                        rpc=taken["rpc"].middle,
                        http=taken["http"].middle,
                        echo=taken["echo"].middle,
                        of_echo=taken["rpc"].share_of(taken["echo"]),
                    )
                )
                cell = cells[-1]
                print(
                    f"gRPC {name}, {calls}: {cell.rpc.rate:,.0f}/s, {cell.rpc.cpu_us:.0f} µs CPU "
                    f"(HTTP {cell.http.rate:,.0f}/s, {cell.http.cpu_us:.0f} µs; echo {cell.echo.rate:,.0f}/s, "
                    f"{cell.echo.cpu_us:.0f} µs)",
                    file=sys.stderr,
                )
        return Rpc(cells=cells)


def _new_threads() -> list[wire.CreateThreadRequest]:
    return [
        wire.CreateThreadRequest(folder_id="default", labels={"user": f"user-{number}", "channel": CHANNEL})
        for number in range(20)
    ]


def _threads(server: Server, loader: Loader, count: int) -> list[str]:
    """Threads to append to, made as this dialect makes them: such have an end, which appends move."""
    plan = RpcPlan(
        port=server.grpc_port,
        connections=min(count, 16),
        requests=[one.SerializeToString() for one in _new_threads()],
        method=f"{PACKAGE}.ThreadService/Create",
        count=count,
        keep=True,
    )
    return [wire.Thread.FromString(body).id for body in loader.perform(plan).bodies]
