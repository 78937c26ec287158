"""The model of the kill test, in a process of its own: it answers by the mark of the message it is asked about."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from random import Random
from typing import Any

from tests.support.scripted_model import Pause, Script, ScriptedModel, Step, Verbs, last_user_text

from bench.kill.content import answer_of, calls_of

GAP_SECONDS = 0.008
"""The longest pause between two words. A run takes about as long as its server lives: that is the point."""


def script_for(request: dict[str, Any]) -> Script:
    """The calls where it may call and has not yet, else the answer, which repeats the outputs that came."""
    mark = last_user_text(request).split(" ", 1)[0]
    said = request["messages"]
    outputs = [one["content"] for one in said[_asked_at(said) :] if one["role"] == "tool"]
    verbs = Verbs()
    if request.get("tools") and not outputs:
        verbs.call(*(("look", arguments) for arguments in calls_of(mark)))
    else:
        answer = answer_of(mark, called=False)
        verbs.say(" ".join([answer, *outputs]))
    script = verbs.take()
    assert script is not None
    return Script(steps=_paced(script.steps), words=script.words)


def _asked_at(said: list[dict[str, Any]]) -> int:
    return max(at for at, one in enumerate(said) if one["role"] == "user")


def _paced(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    dice = Random()
    return tuple(part for step in steps for part in (Pause(dice.random() * GAP_SECONDS), step))


class Forgetful(ScriptedModel):
    """The scripted model, which keeps no record: a campaign asks it for hours."""

    def _script_for(self, request: dict[str, Any]) -> Script:
        self.exchanges.clear()
        return script_for(request)


def main() -> None:
    """Serve until killed; print the base URL when it listens."""
    with Forgetful() as model:
        sys.stdout.write(f"{model.base_url}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
