"""Handlers that do nothing of what Clew does, on the stack that Clew stands on: what nobody can be faster than.

python -m bench.floors null              answers with fixed JSON of as many bytes as the request's path asks for
python -m bench.floors bare --data DIR   puts each body into SQLite, as durably as Clew does, and answers the same
python -m bench.floors echo              answers every gRPC call with the bytes of its request
"""

from __future__ import annotations

import argparse
import asyncio
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import apsw
import grpc
import uvloop

from clew.app.http import bound_socket, http_server

Job = tuple[bytes, asyncio.Future[None]]


def fixed(size: int) -> bytes:
    """JSON of so many bytes."""
    return b'{"fixed": "' + b"x" * (size - 13) + b'"}'


class Rows:
    """One table, and a thread that puts whatever waits into it in one transaction."""

    def __init__(self, path: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Job] = SimpleQueue()
        self._connection = apsw.Connection(str(path))
        self._connection.pragma("journal_mode", "wal")
        self._connection.pragma("synchronous", "full")
        self._connection.execute("CREATE TABLE IF NOT EXISTS row (no INTEGER PRIMARY KEY, body BLOB)")
        threading.Thread(target=self._write, daemon=True).start()

    async def put(self, body: bytes) -> None:
        """Return when the body is on the disk."""
        future = self._loop.create_future()
        self._queue.put((body, future))
        await future

    def _write(self) -> None:
        while True:
            jobs = [self._queue.get()]
            while not self._queue.empty():
                jobs.append(self._queue.get())
            self._connection.execute("BEGIN IMMEDIATE")
            for body, _ in jobs:
                self._connection.execute("INSERT INTO row (body) VALUES (?)", (body,))
            self._connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_tell, jobs)


def _tell(jobs: list[Job]) -> None:
    for _, future in jobs:
        future.set_result(None)


class Floor:
    """The ASGI application: `/123` is answered with 123 bytes, once the body is kept where there is a place for it."""

    def __init__(self, rows: Rows | None) -> None:
        self._rows = rows

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if self._rows is not None:
            await self._rows.put(body)
        content = fixed(int(scope["path"][1:]))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


async def serve(data: Path | None) -> None:
    """Serve until killed."""
    app = Floor(None if data is None else Rows(data / "rows.db"))
    listening = bound_socket("127.0.0.1", 0)
    print(f"serving http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    await http_server(app).serve(sockets=[listening])


class _Echo(grpc.GenericRpcHandler):
    """Every method there could be."""

    def service(self, handler_call_details: Any) -> Any:  # noqa: ANN401, ARG002 (gRPC's)
        return grpc.unary_unary_rpc_method_handler(self._answer)

    async def _answer(self, request: bytes, context: Any) -> bytes:  # noqa: ANN401, ARG002 (gRPC's)
        return request


async def echo() -> None:
    """Serve gRPC until killed."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"serving grpc://127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=("null", "bare", "echo"))
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    uvloop.run(echo() if asked.which == "echo" else serve(asked.data if asked.which == "bare" else None))


if __name__ == "__main__":
    main()
