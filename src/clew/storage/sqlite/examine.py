"""Looking at a database file from outside: also while a server has it, and without changing what is in it."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import apsw
import msgspec

from clew.domain.assistant import Assistant
from clew.domain.dataset import Dataset, DatasetItem
from clew.domain.enclosure import Enclosure
from clew.domain.event import Event
from clew.domain.experiment import Experiment, ExperimentItem
from clew.domain.file import File, Upload, UploadPart
from clew.domain.index import Batch, Index, IndexFile
from clew.domain.item import Item
from clew.domain.operation import Operation
from clew.domain.participant import Participant
from clew.domain.project import Key
from clew.domain.prompt import Prompt, PromptVariant, PromptVersion
from clew.domain.run import Progress, Run
from clew.domain.score import Score
from clew.domain.thread import Thread
from clew.storage.bodies import load
from clew.storage.port import StoreProblem
from clew.storage.sqlite.migrate import steps, version
from clew.storage.sqlite.statements import SQL

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

T = TypeVar("T")

SCHEMA_NEWEST: Final = max(steps())
STORE_ID_SINCE: Final = 2
"""The schema that first had an id for the store."""
PAGES: Final = 4096
"""Pages that a copy takes at once."""

BODIES: Final[tuple[tuple[str, str, type[Any]], ...]] = (
    ("thread", "SELECT id, body FROM thread", Thread),
    ("item", "SELECT id, body FROM item", Item),
    ("run", "SELECT id, body FROM run", Run),
    ("progress of run", "SELECT id, progress FROM run", Progress),
    ("event of run number", "SELECT run_no || ', ' || number, body FROM event", Event),
    ("assistant", "SELECT id, body FROM assistant", Assistant),
    ("version of an assistant", "SELECT id, body FROM assistant_version", Assistant),
    ("mask of a version of an assistant", "SELECT id, mask FROM assistant_version", tuple[str, ...]),
    ("file", "SELECT id, body FROM file", File),
    ("upload", "SELECT id, body FROM upload", Upload),
    ("upload part", "SELECT id, body FROM upload_part", UploadPart),
    ("index", "SELECT id, body FROM file_index", Index),
    ("file of an index", "SELECT file_id, body FROM index_file", IndexFile),
    ("batch", "SELECT id, body FROM batch", Batch),
    ("operation", "SELECT id, body FROM operation", Operation),
    ("participant", "SELECT id, body FROM participant", Participant),
    ("key", "SELECT id, body FROM api_key", Key),
    ("score", "SELECT id, body FROM score", Score),
    ("enclosure", "SELECT id, body FROM enclosure", Enclosure),
    ("prompt", "SELECT id, body FROM prompt", Prompt),
    ("version of a prompt", "SELECT id, body FROM prompt_version", PromptVersion),
    ("variant of a prompt", "SELECT id, body FROM prompt_variant", PromptVariant),
    ("dataset", "SELECT id, body FROM dataset", Dataset),
    ("item of a dataset", "SELECT id, body FROM dataset_item", DatasetItem),
    ("experiment", "SELECT id, body FROM experiment", Experiment),
    ("result of an experiment", "SELECT id, body FROM experiment_item", ExperimentItem),
)
"""Every body of every table: what it is of, how to read it, and what it holds."""

SINCE: Final = {
    "operation": 3,
    "score": 4,
    "enclosure": 4,
    "prompt": 5,
    "version of a prompt": 5,
    "variant of a prompt": 5,
    "dataset": 5,
    "item of a dataset": 5,
    "experiment": 5,
    "result of an experiment": 5,
    "version {} has no prompt": 5,
    "item {} has no dataset": 5,
}
"""Of what is in `BODIES` and `RULES`, what the first schema did not have, and which one first did."""

RULES: Final = {
    "thread {} has no end of its log": """
        SELECT id FROM thread WHERE no NOT IN (SELECT thread_no FROM thread_tail)
        """,
    "item {} is in another thread than its place says": """
        SELECT id FROM item WHERE key >> 32 <> thread_no
        """,
    "item {} has no thread": """
        SELECT id FROM item WHERE thread_no NOT IN (SELECT thread_no FROM thread_tail)
        """,
    "item {} stands outside of its thread's log": """
        SELECT item.id FROM item JOIN thread_tail AS tail ON tail.thread_no = item.thread_no
        WHERE item.key & 0x7FFFFFFF NOT BETWEEN 1 AND tail.last_seq
        """,
    "item {} stands in the wrong part of its thread's log": """
        SELECT id FROM item WHERE (key >> 31 & 1) <> (kind = 'message')
        """,
    "run {} has no thread": """
        SELECT id FROM run WHERE thread_no NOT IN (SELECT thread_no FROM thread_tail)
        """,
    "the events of run {} have gaps": """
        SELECT run.id FROM run
        LEFT JOIN (SELECT run_no, count(*) AS many, max(number) AS last FROM event GROUP BY run_no) AS log
            ON log.run_no = run.no
        WHERE (coalesce(log.many, 0) <> run.last_event OR coalesce(log.last, 0) <> run.last_event)
          AND run.thread_no NOT IN (SELECT thread_no FROM thread_gone)
        """,
    "events of run number {} have no run": """
        SELECT DISTINCT run_no FROM event WHERE run_no NOT IN (SELECT no FROM run)
        """,
    "version {} has no prompt": """
        SELECT version.id FROM prompt_version AS version
        LEFT JOIN prompt ON prompt.project_id = version.project_id AND prompt.id = version.prompt_id
        WHERE prompt.no IS NULL
        """,
    "item {} has no dataset": """
        SELECT id FROM dataset_item
        WHERE dataset_no NOT IN (SELECT no FROM dataset) AND dataset_no NOT IN (SELECT dataset_no FROM dataset_gone)
        """,
}
"""What is to hold between rows: each sentence with the query for those of which it is true, and should not be.

Whether the numbers of a log have gaps is none of them: an item that was deleted leaves its number unused.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Bytes that a row names: their key, how many there are to be (None where nobody knows), and whose they are."""

    blob: str
    size: int | None
    owner: str


class Examination:
    """One moment of a database. Further methods than `schema` want a schema that is not 0."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.schema = version(connection)
        self.journal_mode = str(connection.pragma("journal_mode"))
        self.rows = 0

    def _all(self, sql: str, **values: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 (whatever it binds)
        return iter(self._connection.execute(sql, values))

    @property
    def store_id(self) -> str | None:
        """Which store it is; None before the schema that says so."""
        return next(self._all(SQL["store_id"]))[0] if self.schema >= STORE_ID_SINCE else None

    def complaints(self) -> list[str]:
        """What SQLite says of its file, empty where all is well. Reads the whole file."""
        return [str(row[0]) for row in self._all("PRAGMA integrity_check") if row[0] != "ok"]

    def faults(self) -> Iterator[str]:
        """What is wrong with the rows, a clause each. Reads every row and counts the bodies in `rows`."""
        for noun, sql, kind in BODIES:
            if self.schema < SINCE.get(noun, 1):
                continue
            for name, body in self._all(sql):
                self.rows += 1
                if _decoded(kind, body) is None:
                    yield f"{noun} {name} cannot be read"
        for sentence, sql in RULES.items():
            if self.schema < SINCE.get(sentence, 1):
                continue
            for (name,) in self._all(sql):
                yield sentence.format(name)

    def blobs(self) -> Iterator[Named]:
        """The bytes that the rows name, also those of rows that cannot be read, which `faults` tells of."""
        for blob, id_, body in self._all("SELECT blob, id, body FROM file"):
            yield Named(blob=blob, size=_size(File, body), owner=f"file {id_}")
        for blob, id_, body in self._all("SELECT blob, id, body FROM upload_part"):
            yield Named(blob=blob, size=_size(UploadPart, body), owner=f"upload part {id_}")

    def unnamed(self, blobs: list[str]) -> list[str]:
        """Those of the blobs that no row names."""
        known = {row[0] for row in self._all(SQL["blob_known"], blobs=msgspec.json.encode(blobs).decode())}
        return [blob for blob in blobs if blob not in known]


def _decoded(kind: type[T], body: bytes) -> T | None:
    try:
        return load(kind, body)
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError):
        return None


def _size(kind: type[File | UploadPart], body: bytes) -> int | None:
    noun = _decoded(kind, body)
    return None if noun is None else noun.size


@contextmanager
def _reading(path: Path) -> Generator[apsw.Connection]:
    """A connection that sees one moment, however long the block lasts.

    Raises `StoreProblem` where the file cannot be read, also from within the block.
    """
    try:
        with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
            connection.set_busy_timeout(10_000)
            connection.pragma("query_only", 1)
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            yield connection
    except apsw.Error as error:
        raise StoreProblem(f"The data in {path} cannot be read: {error}.") from error


@contextmanager
def examined(path: Path) -> Generator[Examination]:
    """Look at a database. While the block lasts its write-ahead log cannot be folded back into the file.

    Raises `StoreProblem` where it cannot be read, also from within the block.
    """
    with _reading(path) as connection:
        yield Examination(connection)


def copy(path: Path, to: Path) -> None:
    """Copy a database as it is at one moment, into one file that is not there yet. Writers go on meanwhile.

    Raises `StoreProblem` where it cannot be read, or the copy cannot be written.
    """
    with _reading(path) as source, closing(apsw.Connection(str(to))) as target:
        # The moment is held by the transaction of the source: without it every write of a server would start this anew.
        try:
            with target.backup("main", source, "main") as backup:
                while not backup.done:
                    backup.step(PAGES)
        except apsw.FullError as error:
            raise StoreProblem(
                "The disk is too full for a copy of the database. It is made where the backup is."
            ) from error
