"""The model that the Yandex clients' checks speak with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clients.yandex.desk import BROKEN, ONE_CITY, THREE_ROUNDS
from support.scripted_model import ScriptedModel, last_user_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def ready_model() -> Iterator[ScriptedModel]:
    """A model that has learnt its part by heart; anything else it repeats."""

    def asked(question: str, *, answers: int = 0) -> Callable[[dict[str, Any]], bool]:
        def fits(request: dict[str, Any]) -> bool:
            had = sum(message["role"] == "tool" for message in request["messages"])
            return last_user_text(request) == question and had == answers

        return fits

    with ScriptedModel() as model:
        model.when(asked(ONE_CITY), forever=True).call(("get_weather", {"city": "Oslo", "days": 5}))
        model.when(asked(ONE_CITY, answers=1), forever=True).say("It rains.")
        for done in range(3):
            model.when(asked(THREE_ROUNDS, answers=done), forever=True).call(("ask", {"number": done}))
        model.when(asked(THREE_ROUNDS, answers=3), forever=True).say("I have asked enough.")
        model.when(asked(BROKEN), forever=True).fail(500, "out of order")
        yield model
