"""From filters to SQL: for each a test of a row, and, where an index has it, a search that gives the rows that fit.

Statements over filters cannot stand in a file: there are as many as ways to combine them. What they are made of
stands here, and `tests/storage/sqlite/test_filters.py` reads their plans.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

from clew.domain.problem import Invalid
from clew.domain.query import Filter, Op
from clew.storage.bodies import dump_value
from clew.storage.sqlite.paging import HIGHEST, LOWEST

MILLISECOND: Final = 1000
PIECE_MIN: Final = 3
"""Letters that a piece of text must have to be found by the index of text."""
PIECE_MAX: Final = 100
"""Letters of a piece of text that the index of text is asked for."""
_OPPOSITES: Final = {Op.NEQ: Op.EQ, Op.NHAS: Op.HAS, Op.NIN: Op.IN, Op.NIS: Op.IS}
_SIGNS: Final = {Op.GT: ">", Op.GTE: ">=", Op.LT: "<", Op.LTE: "<="}


@dataclass(slots=True)
class Values:
    """What a statement binds, by names made as it is put together."""

    bound: dict[str, Any] = field(default_factory=dict[str, Any])

    def bind(self, value: Any) -> str:  # noqa: ANN401 (whatever is compared with)
        """The name under which the statement has this value. Lists and objects are bound as JSON."""
        name = f"v{len(self.bound)}"
        if isinstance(value, list | tuple | dict):
            value = dump_value(cast("object", value)).decode()
        if isinstance(value, int) and not LOWEST <= value <= HIGHEST:
            value = float(value) if abs(value) < 1 << 1000 else 1e308 * (1 if value > 0 else -1)
        self.bound[name] = value
        return ":" + name


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter as SQL: `test` of a row, `search` that gives the numbers of all rows that might pass it.

    A search that is slow is only made where no other finds few rows.
    """

    test: str
    search: str | None = None
    is_slow: bool = False


Field: TypeAlias = Callable[[Filter, Values], Condition]


def refuse(asked: Filter) -> Invalid:
    """Why a filter cannot be asked."""
    return Invalid("filters", f"{asked.field} cannot be compared with {asked.op}")


def compared(asked: Filter, values: Values, expression: str) -> str:
    """A comparison with the filter's value, for the ops that are no opposites. Nothing compares with NULL."""
    op, value = asked.op, asked.value
    if op is Op.EQ:
        return f"{expression} = {values.bind(value)}"
    if op is Op.HAS:
        return f"holds({expression}, {values.bind(str(value))})"
    if op is Op.IN:
        wanted: object = cast("object", value) if isinstance(value, list | tuple) else [value]
        return f"{expression} IN (SELECT value FROM json_each({values.bind(wanted)}))"
    if op in _SIGNS:
        if value is None:
            raise refuse(asked)
        return f"{expression} {_SIGNS[op]} {values.bind(value)}"
    raise refuse(asked)


def tested(asked: Filter, values: Values, expression: str) -> str:
    """A test of an expression that gives one value or NULL."""
    op = _OPPOSITES.get(asked.op, asked.op)
    if op is Op.IS or (op is Op.EQ and asked.value is None):
        wanted = {None: "NULL", False: "0"}.get(asked.value)
        test = f"({expression}) IS {wanted}" if wanted else f"coalesce(({expression}) <> 0, 0)"
    else:
        test = compared(Filter(field=asked.field, op=op, value=asked.value), values, expression)
    return f"coalesce({test}, 0)" if op is asked.op else f"NOT coalesce({test}, 0)"


def any_of(asked: Filter, values: Values, rows: str, expression: str) -> str:
    """A test of rows (`FROM … WHERE …`) of which one has to fit; of the opposites none."""
    op = _OPPOSITES.get(asked.op, asked.op)
    if op is Op.IS or (op is Op.EQ and asked.value is None):
        test = f"EXISTS (SELECT 1 {rows} AND ({expression}) IS NOT NULL)"
        positive = (asked.value not in (None, False)) == (op is asked.op)
        return test if positive else "NOT " + test
    fits = compared(Filter(field=asked.field, op=op, value=asked.value), values, expression)
    test = f"EXISTS (SELECT 1 {rows} AND {fits})"
    return test if op is asked.op else "NOT " + test


def path_of(root: str, path: str | None) -> str:
    """The JSON path of dotted keys below a root."""
    if not path:
        return root
    return root + "".join('."' + key.replace('"', '\\"') + '"' for key in path.split("."))


def in_json(asked: Filter, values: Values, body: str, root: str, *, more: str = "") -> str:
    """A test of what JSON has at a path: any value at it or below. `more` are rows that count as well."""
    paths = [path_of(root, asked.path)]
    if asked.path and "." in asked.path:
        paths.append(path_of(root, None) + '."' + asked.path.replace('"', '\\"') + '"')
    rows = " UNION ALL ".join(
        f"SELECT atom AS value FROM json_tree({body}, {values.bind(path)}) WHERE atom IS NOT NULL" for path in paths
    )
    return any_of(asked, values, f"FROM ({rows}{more}) AS found WHERE 1", "found.value")


def phrase(text: str) -> str | None:
    """What to ask the index of text for; None for a piece that is too short for it.

    Of a long piece its beginning says enough: what it finds is looked at anyway. SQLite takes a time that grows with
    the square of the letters, in one step that nothing interrupts.
    """
    return '"' + text[:PIECE_MAX].replace('"', '""') + '"' if len(text) >= PIECE_MIN else None


def text_search(asked: Filter, values: Values, table: str, column: str) -> str | None:
    """A search of the index of text, for a piece of text or a text that is known whole."""
    texts: list[Any] = [asked.value] if asked.op in (Op.HAS, Op.EQ) else []
    if not texts or not isinstance(texts[0], str) or (asked_for := phrase(texts[0])) is None:
        return None
    owner, no = ("catalog_thread", "thread_no") if table == "catalog_thread_text" else ("catalog_step", "no")
    return (
        f"SELECT owner.{no} AS no FROM {table} AS piece CROSS JOIN {owner} AS owner ON owner.{no} = piece.rowid "
        f"WHERE {table} MATCH {values.bind(f'{column} : {asked_for}')} AND owner.project_id = :project_id"
    )


def by_millisecond(asked: Filter) -> Filter:
    """The filter for times that clients see truncated to the millisecond."""
    if asked.op not in _SIGNS:
        return asked
    if not isinstance(asked.value, int) or isinstance(asked.value, bool):
        raise refuse(asked)
    value = asked.value
    if asked.op in (Op.GT, Op.LTE):  # beyond the whole millisecond, or up to its end
        op = Op.GTE if asked.op is Op.GT else Op.LT
        return Filter(field=asked.field, op=op, value=value - value % MILLISECOND + MILLISECOND)
    return Filter(field=asked.field, op=asked.op, value=-(-value // MILLISECOND) * MILLISECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A field that is a column: `rows` (`table AS alias WHERE …`) and `no` are where its index is searched.

    `text` columns take comparisons of text, the others of numbers; times are compared by the millisecond.
    """

    expression: str
    search: str | None = None
    """`SELECT … WHERE …` to which a condition on `searched` can be added."""
    searched: str = ""
    text: bool = False
    time: bool = False
    by_text: tuple[str, str] | None = None
    """Table and column of the index of text, whose rows have the numbers that are asked for."""
    through: str = "{}"
    """What makes numbers of this list out of the numbers that the index of text gives."""
    indexed: tuple[Op, ...] = (Op.EQ, Op.IN, *_SIGNS)

    def __call__(self, asked: Filter, values: Values) -> Condition:
        allowed = (Op.HAS, Op.NHAS) if self.text else tuple(_SIGNS)
        common = (Op.EQ, Op.NEQ, Op.IN, Op.NIN, Op.IS, Op.NIS)
        if asked.op not in (*allowed, *common):
            raise refuse(asked)
        if self.time:
            asked = by_millisecond(asked)
        test = tested(asked, values, self.expression)
        if asked.op in self.indexed and asked.value is not None and self.search is not None:
            return Condition(test, f"{self.search} AND {compared(asked, values, self.searched)}")
        if self.by_text is not None and (found := text_search(asked, values, *self.by_text)):
            return Condition(test, self.through.format(found), is_slow=True)
        return Condition(test)
