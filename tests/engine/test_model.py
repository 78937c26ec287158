"""Routes and instructions of the model port."""

from __future__ import annotations

from typing import Any

import pytest

from clew.engine.model import Ask, ModelConfig, ModelRoutes, plain

GPT = ModelConfig(pattern="gpt-*", base_url="http://a/v1")
ALL = ModelConfig(pattern="*", base_url="http://b/v1")


class TestFind:
    def test_the_first_pattern_that_matches_wins(self) -> None:
        assert ModelRoutes(configs=(GPT, ALL)).find("gpt-4o") is GPT

    def test_a_model_nobody_configured_falls_to_the_default(self) -> None:
        assert ModelRoutes(configs=(GPT,), default=ALL).find("yandexgpt") is ALL

    def test_nothing_is_found_where_nothing_is_configured(self) -> None:
        assert ModelRoutes().find("gpt-4o") is None

    @pytest.mark.parametrize("pattern", ["yandexgpt", "yandexgpt/*", "*/latest", "gpt://*/yandexgpt/latest", "*"])
    def test_an_address_goes_by_the_name_in_it_or_as_a_whole(self, pattern: str) -> None:
        config = ModelConfig(pattern=pattern, base_url="http://a/v1")
        assert ModelRoutes(configs=(config,)).find("gpt://folder/yandexgpt/latest") is config

    @pytest.mark.parametrize("pattern", ["gpt*", "yandexgpt-*", "folder", "latest", "gpt://other/*"])
    def test_an_address_is_not_taken_for_what_it_is_not(self, pattern: str) -> None:
        config = ModelConfig(pattern=pattern, base_url="http://a/v1")
        assert ModelRoutes(configs=(config,)).refuses("gpt://folder/yandexgpt/latest")

    def test_case_matters_on_every_system(self) -> None:
        assert ModelRoutes(configs=(GPT,)).find("GPT-4o") is None


@pytest.mark.parametrize(
    ("asked", "called"),
    [
        ("gpt-4o", "gpt-4o"),
        ("org/model", "org/model"),
        ("gpt://folder/yandexgpt/latest", "yandexgpt"),
        ("gpt://folder/yandexgpt", "yandexgpt"),
        ("gpt:///yandexgpt-lite/rc@tuned", "yandexgpt-lite"),
        ("gpt://folder", "gpt://folder"),
    ],
)
def test_a_model_is_called_by_the_name_in_its_address(asked: str, called: str) -> None:
    assert plain(asked) == called


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
