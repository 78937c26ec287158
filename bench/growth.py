"""Part "growth": the room that a message takes, and from all figures what many of them take on one machine."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import apsw

from bench.fill import Filling
from bench.rows import TEXT
from bench.text import bullet, paragraph, table

if TYPE_CHECKING:
    from bench.calls import Calls
    from bench.scale import Scale

LENGTH: Final = 200
"""Messages in each thread."""
MANY: Final = (10**7, 10**9)
GIB: Final = 2**30
HOUR: Final = 3600
WHAT: Final = {
    "item": "the message itself, one row of JSON, by thread and place in it",
    "item_by_id": "index: ids that do not say their place, such as those that a client chose",
    "item_by_run": "index: what a run made",
    "thread": "the thread itself",
    "sqlite_autoindex_thread_1": "index: by project and id",
    "thread_by_time": "index: lists of threads",
    "thread_tail": "the end of the thread's log",
    "thread_metadata": "metadata once more, for filters: two pairs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What was found: bytes on the disk for each message and each thread, by table or index.

    `calls` are the figures of the same run, for the time that writing takes; None where they were not measured.
    """

    of_message: dict[str, float]
    of_thread: dict[str, float]
    calls: Calls | None

    def section(self) -> str:
        """What the page says."""
        rows = [
            [f"`{name}`", WHAT[name], f"{size:.0f}" if of == "message" else "", f"{size:.0f}" if of == "thread" else ""]
            for of, sizes in (("message", self.of_message), ("thread", self.of_thread))
            for name, size in sizes.items()
        ]
        message, thread = sum(self.of_message.values()), sum(self.of_thread.values())
        rows.append(["all", "", f"{message:.0f}", f"{thread:.0f}"])
        return f"""\
## Room, and where one machine ends

{
            paragraph(
                f"A message of {len(TEXT)} characters with one pair of metadata, written in turn into threads of "
                f"{LENGTH} messages, as people write: pages of the file are then as full as they are in use. Bytes of "
                "the database file, free room in its pages included:"
            )
        }

{table("table or index | what it is | bytes a message | bytes a thread", rows, words=2)}
{self._extrapolated(message, thread)}"""

    def _extrapolated(self, message: float, thread: float) -> str:
        each = message + thread / LENGTH
        said = [
            bullet(
                f"A message takes {each:.0f} bytes on the disk, its share of a thread included: {each / len(TEXT):.1f} "
                f"times its text. Each byte more of text takes one more."
            )
        ]
        rates = self.calls.of("append a message") if self.calls else {}
        if rates:
            rate, written = rates[max(rates)].clew.rate, rates[max(rates)].clew.written_kib * 1024
            indexes = message - self.of_message["item"]
            lines = [
                [
                    f"{count:,}",
                    f"{count * each / GIB:,.0f}",
                    f"{count / rate / HOUR:,.1f}",
                    f"{count * written / GIB:,.0f}",
                    f"{count * indexes / GIB:,.1f}",
                ]
                for count in MANY
            ]
            head = "messages | GiB on disk | hours to write them all | GiB written for that | GiB of indexes"
            said.append(
                f"\nReckoned, not measured, from {max(rates)} appends at a time as in the first table:\n\n"
                f"{table(head, lines)}\n"
            )
            said.append(
                bullet(
                    f"**One machine ends at writing.** {rate:,.0f} appends a second, {max(rates)} at a time, are "
                    f"{rate * 86400 / 10**6:,.0f} million a day; one process uses one core for it, and SQLite has one "
                    "writer. Beyond that threads would have to be spread over several stores, for which the schema "
                    "keeps room and nothing else is there yet."
                )
            )
        said.append(
            bullet(
                "**Memory does not grow with the store.** The server keeps up to 160 MiB of pages (64 for the writer, "
                "32 for each of three readers), and the system's file cache does the rest. As long as the pages of the "
                "threads in use fit there, a call costs what it costs above; beyond that each call reads a few pages "
                "from the disk, and each append the last page of its thread."
            )
        )
        return "".join(said)


def measure(scale: Scale, calls: Calls | None) -> Growth:
    """Fill a store as people write, and look at its file."""
    with tempfile.TemporaryDirectory() as folder:
        count = max(1, scale.grown // LENGTH)
        asyncio.run(_fill(Path(folder), count))
        with closing(apsw.Connection(f"{folder}/clew.db", flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
            sizes: dict[Any, Any] = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    of_message = {name: sizes[name] / (count * LENGTH) for name in WHAT if name.startswith("item")}
    of_thread = {name: sizes[name] / count for name in WHAT if not name.startswith("item")}
    return Growth(of_message=of_message, of_thread=of_thread, calls=calls)


async def _fill(folder: Path, count: int) -> None:
    async with Filling(folder) as filling:
        made = await filling.threads(count, users=max(1, count // 50))
        await filling.in_turn([thread for thread, _ in made], LENGTH)
