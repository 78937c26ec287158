"""How a page of a list is read: the statements that filters, an order and cursors come to.

A page is read in one of two ways. Where an index says that a filter lets few through, those few are looked at, tested
by the other filters, and sorted. Where every filter lets many through, the list is walked in its order, and finds
enough soon. A walk that finds too little ends after so many rows, and the next page goes on from there: so no list
costs more because the store has grown.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from clew.domain.page import Order
from clew.domain.problem import Invalid
from clew.domain.query import COUNT_MAX, Filter, Found, Op, Query
from clew.storage.bodies import dump_value
from clew.storage.sqlite.filters import Condition, Field, Values, by_millisecond
from clew.storage.sqlite.paging import HIGHEST, LOWEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clew.storage.sqlite.table import Row, Table

FEW: Final = COUNT_MAX
"""So many rows that an index gives are looked at one by one; where it gives more, the list is walked."""
FEWER: Final = 200
"""So few that no other index needs to be asked."""
WALK_MAX: Final = 200_000
"""So many rows are walked for a page or a total, whatever they hold."""
REPEATS_MAX: Final = 4
"""An index may give the same row so many times, on the average, for the total to be known by it."""
FILTERS_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list: what a row shows, where it comes from, and its fields. Every row has a number, `no`.

    `condition` says by the table alone which rows belong to the list, `seen` which of them are still to be seen.
    `lasting` rows go by an end of their own, the others with their thread.
    """

    table: str
    no: str
    shown: str
    joined: str
    condition: str
    sorts: Mapping[str, str]
    fields: Mapping[str, Field]
    seen: str = "1"
    times: frozenset[str] = frozenset({"created_at"})
    lasting: bool = False


_SORTED_BY_TEXT: Final = frozenset({"participant", "model", "provider"})


def _cursor(sort: str, value: object, no: int) -> str:
    return base64.urlsafe_b64encode(dump_value([sort, value, no])).decode().rstrip("=")


def _place(name: str, cursor: str, sort: str) -> tuple[Any, int]:
    try:
        read = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[Any])
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise Invalid(name, "this is no cursor of a list") from error
    match read:
        case [str() as of, str() | int() | float() as value, int() as no] if of == sort:
            if isinstance(value, str) is (sort in _SORTED_BY_TEXT):
                return value, no
        case _:
            pass
    raise Invalid(name, "this cursor is of another list")


@dataclass(slots=True)
class _Bounds:
    """Between which places the page lies; None for no bound."""

    low: tuple[Any, int] | None = None
    high: tuple[Any, int] | None = None

    def above(self, place: tuple[Any, int]) -> None:
        self.low = place if self.low is None else max(self.low, place)

    def below(self, place: tuple[Any, int]) -> None:
        self.high = place if self.high is None else min(self.high, place)

    def narrow(self, asked: Filter) -> bool:
        """Make a filter on what the list is sorted by a bound. Whether that says all of it."""
        value = asked.value
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        match asked.op:
            case Op.GT:
                self.above((value, HIGHEST))
            case Op.GTE:
                self.above((value, LOWEST))
            case Op.LT:
                self.below((value, LOWEST))
            case Op.LTE:
                self.below((value, HIGHEST))
            case _:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Few:
    """The rows that an index gave: how many, and their numbers as JSON, which is what statements take."""

    count: int
    numbers: str


class Reading:
    """One page of a list, being read."""

    def __init__(self, listing: Listing, project_id: str, query: Query, *, now: int) -> None:
        if len(query.filters) > FILTERS_MAX:
            raise Invalid("filters", f"at most {FILTERS_MAX} at a time")
        if query.sort not in listing.sorts:
            raise Invalid("sort", f"a list cannot be sorted by {query.sort}")
        self.listing = listing
        self.query = query
        self.values = Values()
        self.values.bound |= {"project_id": project_id, "now": now}
        self._bounds = _Bounds()
        self._conditions = self._read_filters()
        self._counted = replace(self._bounds)
        self._read_cursors()

    def _read_filters(self) -> list[Condition]:
        conditions: list[Condition] = []
        filters = self.query.filters
        if self.query.until is not None:
            filters = (*filters, Filter(field="created_at", op=Op.LTE, value=self.query.until))
        for asked in filters:
            if asked.field not in self.listing.fields:
                raise Invalid("filters", f"there is no field {asked.field}")
            condition = self.listing.fields[asked.field](asked, self.values)
            timed = by_millisecond(asked) if asked.field in self.listing.times else asked
            if asked.field != self.query.sort or not self._bounds.narrow(timed):
                conditions.append(condition)
        return conditions

    def _read_cursors(self) -> None:
        query = self.query
        rising = query.order is Order.ASC
        for name, cursor, is_after in (("after", query.after, True), ("before", query.before, False)):
            if cursor is not None:
                place = _place(name, cursor, query.sort)
                (self._bounds.above if is_after is rising else self._bounds.below)(place)

    @property
    def rising(self) -> bool:
        """In which direction the rows are read."""
        return (self.query.order is Order.ASC) != self.query.backwards

    @property
    def is_patient(self) -> bool:
        """Whether walks have no end but the list's."""
        return self.query.patient or self.query.skip > 0

    def searches(self, limit: int) -> list[str]:
        """For each filter that has an index: how many rows that gives, up to one more than `limit`, and which they are.

        Pieces of text come last: their index is the slowest.
        """
        found = [condition for condition in self._conditions if condition.search is not None]
        return [
            "SELECT coalesce(sum(times), 0), count(*), json_group_array(no) "
            f"FROM (SELECT no, count(*) AS times FROM ({condition.search} LIMIT {limit + 1}) GROUP BY no)"
            for condition in sorted(found, key=lambda condition: condition.is_slow)
        ]

    def _between(self, bounds: _Bounds) -> str:
        sort, no = self.listing.sorts[self.query.sort], self.listing.no
        tests = [self.listing.condition]
        for sign, end, place in ((">", HIGHEST, bounds.low), ("<", LOWEST, bounds.high)):
            if place is not None and place[1] in (LOWEST, HIGHEST):
                tests.append(f"{sort} {sign}{'' if place[1] == end else '='} {self.values.bind(place[0])}")
            elif place is not None:
                tests.append(f"({sort}, {no}) {sign} ({self.values.bind(place[0])}, {self.values.bind(place[1])})")
        return " AND ".join(tests)

    def _parts(self, bounds: _Bounds) -> list[str]:
        """The bounds once more, as conditions whose rows follow each other: each begins in the index where they do.

        SQLite does not search an index by a pair whose second is the row's number. Pages that begin among many rows of
        one value, such as threads that cost nothing, would be looked for from the first of those.
        """
        sort, no = self.listing.sorts[self.query.sort], self.listing.no
        if bounds.low is not None and bounds.high is not None and bounds.low[0] >= bounds.high[0]:
            value, low, high = (self.values.bind(one) for one in (bounds.low[0], bounds.low[1], bounds.high[1]))
            nothing = "" if bounds.low[0] == bounds.high[0] else " AND 0"
            return [f"{self.listing.condition} AND {sort} = {value} AND {no} > {low} AND {no} < {high}{nothing}"]
        ties: list[str] = []
        between: list[str] = []
        for sign, end, place in ((">", HIGHEST, bounds.low), ("<", LOWEST, bounds.high)):
            if place is None:
                continue
            value = self.values.bind(place[0])
            if place[1] in (LOWEST, HIGHEST):
                between.append(f"{sort} {sign}{'' if place[1] == end else '='} {value}")
                continue
            between.append(f"{sort} {sign} {value}")
            ties.append(f"{sort} = {value} AND {no} {sign} {self.values.bind(place[1])}")
        return [f"{self.listing.condition} AND {part}" for part in (*ties, " AND ".join(between) or "1")]

    def _walk(self, bounds: _Bounds) -> str:
        """The rows of the list in its order, as many as are walked."""
        sort, way = self.listing.sorts[self.query.sort], "" if self.rising else " DESC"
        rows = f"SELECT {self.listing.no} AS no, {sort} AS place FROM {self.listing.table} WHERE "
        return f"{' UNION ALL '.join(rows + part for part in self._parts(bounds))} ORDER BY place{way}, no{way}"

    def _rows(self, few: Few | None, bounds: _Bounds) -> str:
        """Where rows come from, as far as that; what they show and are tested by is joined."""
        if few is None:
            limit = "" if self.is_patient else f" LIMIT {WALK_MAX}"
            found, between = f"({self._walk(bounds)}{limit}) AS found", "1"
        else:
            numbers = f"SELECT value AS no FROM json_each({self.values.bind(few.numbers)})"
            found, between = f"({numbers}) AS found", self._between(bounds)
        return (
            f"FROM {found} CROSS JOIN {self.listing.table} ON {self.listing.no} = found.no {self.listing.joined} "
            f"WHERE {between}"
        )

    def _tests(self) -> str:
        return "".join(f" AND ({condition.test})" for condition in self._conditions)

    def page(self, few: Few | None) -> str:
        """The statement that reads the page, from these rows or along the list."""
        listing, way = self.listing, "" if self.rising else " DESC"
        sort = listing.sorts[self.query.sort]
        # By the columns of the walk itself, because SQLite then knows that they come in this order.
        order = f"found.place{way}, found.no{way}" if few is None else f"{sort}{way}, {listing.no}{way}"
        limit, skip = self.values.bind(self.query.limit + 1), self.values.bind(self.query.skip)
        return (
            f"SELECT {listing.no}, {sort}, {listing.shown} {self._rows(few, self._bounds)} "
            f"AND ({listing.seen}){self._tests()} ORDER BY {order} LIMIT {limit} OFFSET {skip}"
        )

    def total(self, few: Few | None, *, all_seen: bool) -> str:
        """The statement that counts what the filters let through. `all_seen` says that nothing has gone.

        Then whatever no filter asks for need not be looked at, and a list without filters is counted by its index.
        """
        seen = "" if all_seen and not self.listing.lasting else f" AND ({self.listing.seen})"
        if few is None and not self._conditions and not seen:
            rows = f"FROM {self.listing.table} WHERE {self._between(self._counted)}"
        else:
            rows = self._rows(few, self._counted)
        return f"SELECT count(*) FROM (SELECT 1 {rows}{seen}{self._tests()} LIMIT {COUNT_MAX})"

    @property
    def at_least(self) -> str | None:
        """The statement that counts what an index gives, where one filter is all there is: many are counted so."""
        if len(self._conditions) != 1 or self._conditions[0].search is None or self._counted != _Bounds():
            return None
        return f"SELECT count(DISTINCT no) FROM ({self._conditions[0].search} LIMIT {REPEATS_MAX * COUNT_MAX})"

    @property
    def last_walked(self) -> str:
        """The statement that finds where the walk of a page ended for its length; nothing where it did not."""
        return f"{self._walk(self._bounds)} LIMIT 1 OFFSET {WALK_MAX - 1}"

    def found(
        self, rows: Sequence[Row], build: Callable[[Row], Any], total: int | None, last_walked: Row | None
    ) -> Found[Any]:
        """The page that these rows make. `last_walked` is where the walk ended without having found enough."""
        query = self.query
        more = len(rows) > query.limit or last_walked is not None
        kept = list(rows[: query.limit])
        if query.backwards:
            kept.reverse()
        return Found(
            things=tuple(build(row[2:]) for row in kept),
            cursors=tuple(_cursor(query.sort, row[1], row[0]) for row in kept),
            has_next=query.backwards or more,
            has_previous=more if query.backwards else query.after is not None or query.skip > 0,
            total=total,
            backwards=query.backwards,
            reached=None if last_walked is None else _cursor(query.sort, last_walked[1], last_walked[0]),
        )


def read_page(
    table: Table, listing: Listing, project_id: str, query: Query, build: Callable[[Row], Any], *, now: int
) -> Found[Any]:
    """A page of a list, read the way that touches fewer rows."""
    reading = Reading(listing, project_id, query, now=now)
    few, is_many = _few(table, reading, FEW)
    rows = table.ask(reading.page(few), reading.values.bound)
    last_walked: Row | None = None
    if few is None and len(rows) <= query.limit and not reading.is_patient:
        last_walked = next(iter(table.ask(reading.last_walked, reading.values.bound)), None)
    if last_walked is not None:  # in its order the list begins with others: it may be that they are few enough yet
        more, _ = _few(table, reading, WALK_MAX)
        if more is not None:
            rows, last_walked = table.ask(reading.page(more), reading.values.bound), None
    total = _total(table, reading, few, is_many=is_many, now=now) if query.counted else None
    return reading.found(rows, build, total, last_walked)


def _few(table: Table, reading: Reading, limit: int) -> tuple[Few | None, bool]:
    """The fewest rows that an index gives, if any gives few; and whether the last one gave as many as are counted."""
    few: Few | None = None
    is_many = False
    for search in reading.searches(limit):
        times, count, numbers = table.ask(search, reading.values.bound)[0]
        is_many = count >= COUNT_MAX
        if times <= limit and (few is None or count < few.count):
            few = Few(count, numbers)
        if few is not None and few.count <= FEWER:
            break
    return few, is_many


def _total(table: Table, reading: Reading, few: Few | None, *, is_many: bool, now: int) -> int:
    if few is None and reading.at_least is not None:
        (many,) = (COUNT_MAX,) if is_many else table.ask(reading.at_least, reading.values.bound)[0]
        if many >= COUNT_MAX:
            return COUNT_MAX
    all_seen = table.one("catalog_all_seen", now=now) == (1,)
    (total,) = table.ask(reading.total(few, all_seen=all_seen), reading.values.bound)[0]
    return int(total)
