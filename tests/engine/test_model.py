"""Routes and instructions of the model port."""

from __future__ import annotations

from typing import Any

import pytest

from clew.engine.model import Ask, ModelConfig, ModelRoutes

GPT = ModelConfig(pattern="gpt-*", base_url="http://a/v1")
ALL = ModelConfig(pattern="*", base_url="http://b/v1")


class TestFind:
    def test_the_first_pattern_that_matches_wins(self) -> None:
        assert ModelRoutes(configs=(GPT, ALL)).find("gpt-4o") is GPT

    def test_a_model_nobody_configured_falls_to_the_default(self) -> None:
        assert ModelRoutes(configs=(GPT,), default=ALL).find("yandexgpt") is ALL

    def test_nothing_is_found_where_nothing_is_configured(self) -> None:
        assert ModelRoutes().find("gpt-4o") is None

    def test_case_matters_on_every_system(self) -> None:
        assert ModelRoutes(configs=(GPT,)).find("GPT-4o") is None


def test_a_key_is_not_shown() -> None:
    assert "sk-secret" not in repr(ModelConfig(pattern="*", base_url="http://a/v1", api_key="sk-secret"))


class TestTold:
    @pytest.mark.parametrize(
        ("first", "told"),
        [
            ({"role": "user", "content": "Hi"}, {"role": "system", "content": "Be brief"}),
            ({"role": "system", "content": "Be kind"}, {"role": "system", "content": "Be kind\n\nBe brief"}),
            (
                {"role": "developer", "content": [{"type": "text", "text": "Be kind"}]},
                {
                    "role": "developer",
                    "content": [{"type": "text", "text": "Be kind"}, {"type": "text", "text": "Be brief"}],
                },
            ),
        ],
    )
    def test_the_instruction_stands_in_the_leading_system_message(
        self, first: dict[str, Any], told: dict[str, Any]
    ) -> None:
        assert Ask(model="m", messages=[first]).told("Be brief").messages[0] == told

    def test_the_ask_itself_stays_as_it_was(self) -> None:
        ask = Ask(model="m", messages=[])
        ask.told("Be brief")
        assert ask.messages == []
