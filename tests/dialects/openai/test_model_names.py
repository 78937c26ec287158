"""Which model names an assistant or a run may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai
import pytest
from openai import OpenAI

from clew.engine.model import ModelConfig, ModelRoutes
from support.server import RunningServer

if TYPE_CHECKING:
    from pathlib import Path

ONLY_MISTRAL = ModelRoutes(configs=(ModelConfig(pattern="mistral*", base_url="http://127.0.0.1:9/v1"),))


def test_a_name_that_no_pattern_means_is_refused(tmp_path: Path) -> None:
    with (
        RunningServer(tmp_path, routes=ONLY_MISTRAL) as server,
        OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client,
    ):
        client.beta.assistants.create(model="mistral-7b")

        with pytest.raises(openai.BadRequestError, match="The requested model 'gpt-4' does not exist") as refused:
            client.beta.assistants.create(model="gpt-4")

    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")


def test_without_any_model_threads_and_assistants_are_kept_all_the_same(tmp_path: Path) -> None:
    with (
        RunningServer(tmp_path) as server,
        OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client,
    ):
        assert client.beta.assistants.create(model="gpt-4").model == "gpt-4"
