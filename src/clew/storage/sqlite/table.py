"""What the tables of this adapter share: running a named statement, and lists by time of creation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from clew.domain.problem import NotFound
from clew.storage.sqlite.late import Late
from clew.storage.sqlite.paging import HIGHEST, LOWEST, Span, marked, page, span, start
from clew.storage.sqlite.statements import SQL

if TYPE_CHECKING:
    from collections.abc import Callable

    import apsw

    from clew.domain.page import Page, Window
    from clew.storage.sqlite.paging import Place

T = TypeVar("T")
Row = tuple[Any, ...]


class Table:
    """A noun's statements over one connection. Its methods are async for the port's sake and never wait."""

    def __init__(self, connection: apsw.Connection, late: Late | None = None) -> None:
        self._execute = connection.execute
        self._late = late or Late()
        self._changes = connection.changes
        self._last_no = connection.last_insert_rowid

    def run(self, name: str, /, **values: Any) -> None:  # noqa: ANN401 (whatever the statement binds)
        """Run a statement for its effect."""
        self._execute(SQL[name], values)

    def one(self, name: str, /, **values: Any) -> Row | None:  # noqa: ANN401 (whatever the statement binds)
        """The first row, or None."""
        row: Row | None = self._execute(SQL[name], values).fetchone()
        return row

    def ask(self, sql: str, values: dict[str, Any]) -> list[Row]:
        """Every row of a statement that was put together: it has no name."""
        rows: list[Row] = self._execute(sql, values).fetchall()
        return rows

    def all(self, name: str, /, **values: Any) -> list[Row]:  # noqa: ANN401 (whatever the statement binds)
        """Every row."""
        rows: list[Row] = self._execute(SQL[name], values).fetchall()
        return rows

    def place(self, noun: str, name: str, id: str | None, /, **keys: Any) -> Place | None:  # noqa: A002, ANN401
        """Where the cursor `id` stands, None without one. Raises `NotFound` where the list has no such thing."""
        if id is None:
            return None
        row = self.one(name, id=id, **keys)
        if row is None:
            raise NotFound(noun, id)
        return row[1], row[0]

    def by_time(self, window: Window, after: Place | None, before: Place | None) -> Span[Place]:
        """The span of a window in a list by time."""
        return span(window, after=after, before=before, lowest=(LOWEST, LOWEST), highest=(HIGHEST, HIGHEST))

    def page_of(
        self,
        places: str,
        name: str,
        window: Window,
        build: Callable[[Row], T],
        /,
        *,
        project_id: str,
        **keys: Any,  # noqa: ANN401 (whatever the statement binds)
    ) -> Page[T]:
        """The page of a project's list by time, whose places the statement `places` knows, named for the noun."""

        def place(id: str | None) -> Place | None:  # noqa: A002 (the field's standard name)
            return self.place(places.removesuffix("_place"), places, id, project_id=project_id)

        where = self.by_time(window, start(window, place), place(window.before))
        found = self.page_by_time(name, window, where, build, project_id=project_id, **keys)
        return marked(window, found, lambda thing: place(thing.id))

    def page_by_time(
        self,
        name: str,
        window: Window,
        where: Span[Place],
        build: Callable[[Row], T],
        /,
        **keys: Any,  # noqa: ANN401 (whatever the statement binds)
    ) -> Page[T]:
        """The page that statement `name` (with `_asc` or `_desc`) gives over the span."""
        rows = self.all(
            name + where.suffix,
            low_at=where.low[0],
            low_no=where.low[1],
            high_at=where.high[0],
            high_no=where.high[1],
            limit=where.fetch,
            **keys,
        )
        return page(window, where, rows, build)
