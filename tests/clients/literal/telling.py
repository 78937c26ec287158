"""A program whose steps go in the background, and that says what became of each batch.

    python telling.py http://127.0.0.1:8400 thread-id

For each line with a number that it reads it tells so many steps, named by their numbers; at the end of its input it
waits for its sender to come to an end. Its own lines are JSON, `{"answered": [ids]}` or `{"failed": [ids]}` for each
attempt to send a batch. The client is any from 0.0.101 on.
"""

from __future__ import annotations

import inspect
import json
import logging
import sys
from collections.abc import Callable  # noqa: TC003 (this runs without ours, as simple as it can)
from typing import Any

from literalai import LiteralClient

BATCH = 5


def said(what: str, steps: list[dict[str, Any]]) -> None:
    """Say what became of the batch."""
    sys.stdout.write(json.dumps({what: [step["id"] for step in steps]}) + "\n")
    sys.stdout.flush()


def watched(send: Callable[..., Any]) -> Callable[..., Any]:
    """The client's own call, watched."""
    if not inspect.iscoroutinefunction(send):

        def told(steps: list[dict[str, Any]]) -> Any:
            try:
                answer = send(steps)
            except Exception:
                said("failed", steps)
                raise
            said("answered", steps)
            return answer

        return told

    async def told_later(steps: list[dict[str, Any]]) -> Any:
        try:
            answer = await send(steps)
        except Exception:
            said("failed", steps)
            raise
        said("answered", steps)
        return answer

    return told_later


def main() -> None:
    """Tell what is asked for."""
    url, thread_id = sys.argv[1:]
    logging.disable()
    client: Any = LiteralClient(batch_size=BATCH, api_key="any", url=url)
    sender = client.event_processor
    sender.api.send_steps = watched(sender.api.send_steps)
    count = 0
    for line in sys.stdin:
        for _ in range(int(line)):
            with client.step(name=str(count), type="run", id=f"{thread_id}-{count}", thread_id=thread_id):
                count += 1
    sender.stop_event.set()
    sender.processing_thread.join()


if __name__ == "__main__":
    main()
