"""The log of a run, as it is read: numbers without a gap, and what became of every item."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.kill.wire import Frame

LOST = "worker"
"""In the error of a step whose worker was lost."""


class Ear:
    """How far a log was heard. A digest of everything up to a number says whether two have heard the same."""

    def __init__(self, *, last: int = 0, digest: str = "", may_begin_at: int = 1) -> None:
        self.last = last
        self.digest = digest
        self.faults: list[str] = []
        self._may_begin_at = may_begin_at
        self._open = b""

    def hear(self, frame: Frame) -> None:
        """One more frame."""
        if frame.name in ("done", "error"):
            if frame.name == "error":
                self.faults.append(f"the stream broke: {frame.raw!r}")
            return
        if frame.name != "thread.created":  # only shown in the answer of the call that made the thread
            self._open += frame.raw
        if frame.number is None:
            return
        if frame.number != self.last + 1 and (self.last or frame.number > self._may_begin_at):
            self.faults.append(f"number {frame.number} came after {self.last}")
        self.last = frame.number
        if self._open:
            self.digest = sha256(self.digest.encode() + self._open).hexdigest()
            self._open = b""


class Log:
    """What a whole log says of a run and its items. `faults` are where it contradicts itself."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.status = ""
        self.steps: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self._said: dict[str, str] = {}
        self._open: set[str] = set()

    def take(self, frame: Frame) -> None:
        """One more frame."""
        noun, _, what = frame.name.removeprefix("thread.").rpartition(".")
        if noun == "run":
            self.status = frame.value["status"]
        elif noun in ("run.step", "message"):
            self._item(noun, what, frame.value)

    def _item(self, noun: str, what: str, value: dict[str, Any]) -> None:
        own_id = value["id"]
        if what == "created":
            if own_id in self._open or own_id in self.steps or own_id in self.messages:
                self.faults.append(f"{own_id} began twice")
            self._open.add(own_id)
        elif what == "delta":
            if noun == "message":
                part = value["delta"]["content"][0]
                self._said[own_id] = self._said.get(own_id, "") + part["text"]["value"]
        elif what != "in_progress":
            if own_id not in self._open:
                self.faults.append(f"{own_id} ended, and had not begun or was over")
            self._open.discard(own_id)
            (self.steps if noun == "run.step" else self.messages)[own_id] = value

    def end(self) -> None:
        """Look at it as a whole."""
        if self._open:
            self.faults.append(f"the run is over and never ended are {sorted(self._open)}")
        for own_id, message in self.messages.items():
            if text_of(message) != self._said.get(own_id, ""):
                self.faults.append(f"{own_id} says something else than its fragments")

    @property
    def taken_over(self) -> int:
        """How often a lost worker's turn was asked again."""
        return sum(1 for step in self.steps.values() if step["last_error"] and LOST in step["last_error"]["message"])

    @property
    def kept(self) -> list[dict[str, Any]]:
        """The messages that the thread must have: all but those of a lost worker."""
        return [
            one
            for one in self.messages.values()
            if one["status"] == "completed" or one["incomplete_details"]["reason"] != "run_failed"
        ]


def text_of(message: dict[str, Any]) -> str:
    """What a message says."""
    return "".join(part["text"]["value"] for part in message["content"])
