"""Waiting for a line of the log: the moment when the server has noticed something that no client can see."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_WAIT_SECONDS: Final = 10.0
"""A test that waits longer than this waits for something that will not happen."""


@contextmanager
def heard(words: str, *, times: int = 1) -> Generator[Callable[[], None]]:
    """Gives a function that returns once the log has said these words so often since the block began."""
    said = threading.Semaphore(0)

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if words in record.getMessage():
                said.release()

    def wait() -> None:
        for _ in range(times):
            assert said.acquire(timeout=_WAIT_SECONDS), f"nobody said {words!r}"

    ear, logger = Ear(), logging.getLogger("clew")
    level = logger.level
    logger.addHandler(ear)
    logger.setLevel(logging.INFO)
    try:
        yield wait
    finally:
        logger.removeHandler(ear)
        logger.setLevel(level)
