"""What the checks with the Yandex clients begin with: an SDK object of either form, and the table of checks.

The modules of checks beside this one run in the environments of the clients (`python -m clients.yandex`), and are
imported by the tests for the names in the table. So they import neither what is ours nor, at the top, a client.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

ONE_CITY = "How is the weather in Oslo?"
THREE_ROUNDS = "Ask three times."
BROKEN = "Break down."
SECONDS = 20
"""For any one call. What takes longer hangs."""

MODEL = "yandexgpt"


async def got(answer: Any) -> Any:
    """What a call gives, whichever form of the client was called."""
    return await answer if inspect.isawaitable(answer) else answer


async def each(things: Any) -> AsyncIterator[Any]:
    """What an iterator of either form gives."""
    if hasattr(things, "__aiter__"):
        async for thing in things:
            yield thing
    else:
        for thing in things:
            yield thing


async def refused(problem: type[Exception], answer: Any) -> Any:
    """The exception that a call must raise; `answer` makes the call."""
    try:
        await got(answer())
    except problem as raised:
        return raised
    raise AssertionError(f"no {problem.__name__}")


async def problem_of(check: Callable[[Any], Awaitable[None]], subject: Any) -> str | None:
    """The traceback of the check's failure, None where it passes."""
    try:
        await check(subject)
    except Exception:  # noqa: BLE001 (whatever it is, it is what the check found)
        return traceback.format_exc()
    return None


@dataclass
class Desk:
    """An SDK object, its folder, and the package that it comes from."""

    sdk: Any
    folder: str
    package: str
    is_async: bool

    def part(self, name: str) -> Any:
        """A module of the client's package."""
        return import_module(f"{self.package}.{name}")

    @property
    def problem(self) -> type[Exception]:
        """What calls raise that the server refuses."""
        found: type[Exception] = self.part("exceptions").AioRpcError
        return found

    async def refusal(self, answer: Any) -> tuple[str, str]:
        """The code and the sentence with which the server refuses a call."""
        raised = await refused(self.problem, answer)
        return raised.code().name, raised.details()

    async def thread(self, *texts: str, **more: Any) -> Any:
        thread = await got(self.sdk.threads.create(**more))
        for text in texts:
            await got(thread.write(text))
        return thread

    async def assistant(self, **more: Any) -> Any:
        return await got(self.sdk.assistants.create(MODEL, **more))

    async def file(self, content: bytes = b"To be kept.", **more: Any) -> Any:
        return await got(self.sdk.files.upload_bytes(content, **more))

    async def result(self, deferred: Any) -> Any:
        """What a run or an operation comes to."""
        return await got(deferred.wait(poll_interval=0.02, poll_timeout=SECONDS))

    async def texts(self, thread: Any) -> list[str]:
        """What was said, in the order in which it was."""
        return [message.text async for message in each(thread.read())][::-1]


Check = Callable[[Desk], Awaitable[None]]
CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Add a check to the table. Its name is what it says."""
    assert function.__name__ not in CHECKS
    CHECKS[function.__name__] = function
    return function


def user_agent() -> str:
    """What the client calls itself: also the author of messages whose role its user chose."""
    name = "yandex-ai-studio-sdk" if "yandex_ai_studio_sdk" in sys.modules else "yandex-cloud-ml-sdk"
    version = import_module(name.replace("-", "_")).__version__
    return f"{name}/{version} python/{sys.version_info[0]}.{sys.version_info[1]}"
