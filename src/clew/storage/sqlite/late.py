"""What was written to logs and is not in the catalog yet: noted in memory, because who writes is not to wait for it.

Nothing is lost with the process: after a start every thread is compared with the catalog once.
"""

from __future__ import annotations

from itertools import count, islice
from typing import Final, Literal, TypeAlias

Note: TypeAlias = tuple[Literal["thread", "item", "run"], int] | tuple[Literal["participant"], str, str]
"""What was written: a thread with its log, by its number; an item by its key; a run by its number; a participant."""


Place: TypeAlias = tuple[Literal["people", "threads"], int, int]
"""How far a project has been compared: its people, then its threads, by their time and number."""
START: Final[Place] = ("people", -1, -1)


class Late:
    """The notes of one store. Taken by its writer, and only counted by its readers.

    A note that was seen to is struck off once that is safe on the disk, and only if nobody has noted the same since.
    """

    def __init__(self) -> None:
        self.is_on = False
        """Whether there is a project with a catalog: without one nothing is noted."""
        self.walks: dict[str, Place] = {}
        """Projects whose people and threads are still to be compared with the catalog, and how far that is."""
        self._noted: dict[Note, int] = {}
        self._numbers: Final = count()
        self._newest: Note | None = None

    def note(self, note: Note) -> None:
        """This was written, and may not be in the catalog."""
        if self.is_on:
            self._newest = None if note in self._noted else note
            self._noted[note] = next(self._numbers)

    def take_back(self, note: Note) -> None:
        """The catalog has it already: strike the note off, if it is the newest and stood for this write alone."""
        if note == self._newest:
            self._noted.pop(note, None)

    def oldest(self, limit: int) -> list[tuple[Note, int]]:
        """Up to so many notes, and which number each of them has."""
        return list(islice(self._noted.items(), limit))

    def strike(self, seen_to: list[tuple[Note, int]]) -> None:
        """These are in the catalog, and on the disk."""
        for note, number in seen_to:
            if self._noted.get(note) == number:
                del self._noted[note]

    def begin(self, project_id: str) -> None:
        """Compare what is in this project with the catalog, from the first on."""
        self.is_on = True
        self.walks.setdefault(project_id, START)

    @property
    def is_behind(self) -> bool:
        """Whether anything waits."""
        return bool(self._noted or self.walks)
