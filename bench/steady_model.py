"""A model that speaks at a steady pace, whoever asks.

python -m bench.steady_model --pace 20

It speaks for as long as it is listened to, or until SIGUSR1 ends all answers that are under way.

Streams are not in step: each begins at another moment of the time between two tokens, as those of real models do. Each
token holds the moment at which it was said, as `@` and microseconds of the machine's monotonic clock, which all
processes share: whoever reads it knows how long it has been on its way.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from functools import partial
from itertools import count
from typing import ClassVar, Final

import uvloop

from clew.app.serve import bound_socket

END: Final = b"\r\n\r\n"
HEAD: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
)
TOKEN: Final = b'{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" @%015d"}}]}'
STOP: Final = b'{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
GOLDEN: Final = 0.618034
"""Multiples of it, without their whole part, are spread evenly however many there are."""


def moment() -> int:
    """Now, in microseconds, for all processes of this machine."""
    return time.monotonic_ns() // 1000


def chunk(data: bytes) -> bytes:
    """One server-sent event as one chunk of a body."""
    event = b"data: " + data + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(event), event)


class Speaker(asyncio.Protocol):
    """One connection: a request, whatever it is, and an answer that goes on and on."""

    numbers: ClassVar = count()
    speaking: ClassVar[set[Speaker]] = set()

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._said = 0
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        head, end, body = self._waiting.partition(END)
        length = next((line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b"0")
        if end and len(body) >= int(length):
            self._waiting = b""
            self._transport.write(HEAD)
            loop = asyncio.get_running_loop()
            self._began = loop.time() + next(self.numbers) * GOLDEN % 1 / self._pace
            self._next = loop.call_at(self._began, self._say)
            self.speaking.add(self)

    def _say(self) -> None:
        self._said += 1
        self._transport.write(chunk(TOKEN % moment()))
        self._next = asyncio.get_running_loop().call_at(self._began + self._said / self._pace, self._say)

    def end(self) -> None:
        """Say no more."""
        self._next.cancel()
        self._transport.write(chunk(STOP) + chunk(b"[DONE]") + b"0\r\n\r\n")
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self in self.speaking:
            self._next.cancel()
            self.speaking.remove(self)

    @classmethod
    def end_all(cls) -> None:
        """Let every answer end."""
        for speaker in list(cls.speaking):
            speaker.end()


async def serve(pace: float) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    listening = bound_socket("127.0.0.1", 0)
    await loop.create_server(partial(Speaker, pace), sock=listening)
    loop.add_signal_handler(signal.SIGUSR1, Speaker.end_all)
    print(f"serving http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    await loop.create_future()


def main() -> None:
    """Speak as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pace", type=float, required=True, help="tokens a second")
    uvloop.run(serve(parser.parse_args().pace))


if __name__ == "__main__":
    main()
