"""Lists of the catalog: which fields each can be filtered by and sorted by. `reading` says how a page is read."""

from __future__ import annotations

from typing import Final

from clew.domain.query import Filter, Op
from clew.storage.sqlite.filters import (
    Column,
    Condition,
    Field,
    Values,
    any_of,
    compared,
    in_json,
    refuse,
    tested,
    text_search,
)
from clew.storage.sqlite.reading import Listing


def _tags(noun: str, no: str) -> Field:
    def condition(asked: Filter, values: Values) -> Condition:
        rows = f"FROM catalog_tag AS tagged WHERE tagged.noun = '{noun}' AND tagged.no = {no}"
        if asked.op in (Op.EQ, Op.NEQ) and asked.value is not None:
            asked = Filter(field=asked.field, op=Op.IN if asked.op is Op.EQ else Op.NIN, value=[asked.value])
        search = None
        if asked.op is Op.IN:
            wanted = compared(asked, values, "tagged.tag")
            search = (
                "SELECT tagged.no AS no FROM catalog_tag AS tagged "
                f"WHERE tagged.project_id = :project_id AND tagged.noun = '{noun}' AND {wanted}"
            )
        return Condition(any_of(asked, values, rows, "tagged.tag"), search)

    return condition


_NUMERIC: Final = frozenset({Op.EQ, Op.GT, Op.GTE, Op.LT, Op.LTE})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _metadata(body: str, *, of_threads: bool = False, by_text: tuple[str, str] | None = None) -> Field:
    def condition(asked: Filter, values: Values) -> Condition:
        test = in_json(asked, values, body, "$.metadata")
        search = None
        if of_threads and asked.op is Op.EQ and asked.path and "." not in asked.path and isinstance(asked.value, str):
            search = (
                "SELECT pair.thread_no AS no FROM thread_metadata AS pair WHERE pair.project_id = :project_id "
                f"AND pair.name = {values.bind(asked.path)} AND pair.value = {values.bind(asked.value)}"
            )
        elif of_threads and asked.path and asked.op in _NUMERIC and _is_number(asked.value):
            search = (
                "SELECT number.thread_no AS no FROM catalog_number AS number WHERE number.project_id = :project_id "
                f"AND number.name = {values.bind(asked.path)} AND {compared(asked, values, 'number.value')}"
            )
        elif by_text is not None:
            return Condition(test, text_search(asked, values, *by_text), is_slow=True)
        return Condition(test, search)

    return condition


_BODY = "CAST(item.body AS TEXT)"
_PLAIN_TEXT = (
    " UNION ALL SELECT json_extract(part.value, '$.text') FROM json_each({body}, '$.parts') AS part"
    " WHERE json_extract({body}, '$.trace.output') IS NULL AND json_extract({body}, '$.trace.input') IS NULL"
)
"""The output of a message about which nobody has said more than its text (see `domain.step.output_of`)."""


def _output(asked: Filter, values: Values) -> str:
    more = _PLAIN_TEXT.format(body=_BODY) if asked.path in (None, "", "content") else ""
    return in_json(asked, values, _BODY, "$.trace.output", more=more)


def _step_json(name: str) -> Field:
    def condition(asked: Filter, values: Values) -> Condition:
        test = _output(asked, values) if name == "output" else in_json(asked, values, _BODY, f"$.trace.{name}")
        return Condition(test, text_search(asked, values, "catalog_step_text", name), is_slow=True)

    return condition


_STEPS_OF_THREAD = "FROM catalog_step AS step LEFT JOIN item ON item.key = step.key WHERE step.thread_no = c.thread_no"
_THREADS_OF_STEPS = (
    "SELECT step.thread_no AS no FROM ({}) AS hit CROSS JOIN catalog_step AS step ON step.no = hit.no WHERE 1"
)


def _thread_output(asked: Filter, values: Values) -> Condition:
    """Any step of the thread has this in its output."""
    opposite = {Op.NEQ: Op.EQ, Op.NHAS: Op.HAS, Op.NIN: Op.IN, Op.NIS: Op.IS}.get(asked.op)
    plain = asked if opposite is None else Filter(field=asked.field, op=opposite, value=asked.value, path=asked.path)
    test = f"EXISTS (SELECT 1 {_STEPS_OF_THREAD} AND {_output(plain, values)})"
    found = text_search(asked, values, "catalog_step_text", "output")
    search = _THREADS_OF_STEPS.format(found) if found else None
    return Condition("NOT " + test if opposite else test, search, is_slow=True)


def _hops(column: str, wanted: str) -> str:
    """The threads that have a step with one of these values: from each to the next, however many such steps it has."""
    next_one = (
        "SELECT min(step.thread_no) FROM catalog_step AS step "
        f"WHERE step.project_id = :project_id AND step.{column} = {{}}.value"
    )
    return (
        f"WITH RECURSIVE hop (value, no) AS (SELECT wanted.value, ({next_one.format('wanted')}) "
        f"FROM json_each({wanted}) AS wanted UNION ALL "
        f"SELECT hop.value, ({next_one.format('hop')} AND step.thread_no > hop.no) FROM hop WHERE hop.no IS NOT NULL) "
        "SELECT hop.no AS no FROM hop WHERE hop.no IS NOT NULL"
    )


def _thread_step(column: str) -> Field:
    """A column of any step of the thread."""

    def condition(asked: Filter, values: Values) -> Condition:
        if asked.op in (Op.GT, Op.GTE, Op.LT, Op.LTE):
            raise refuse(asked)
        rows = "FROM catalog_step AS step WHERE step.thread_no = c.thread_no"
        if asked.op in (Op.EQ, Op.NEQ, Op.IN, Op.NIN) and asked.value is not None:
            rows += " AND step.project_id = :project_id"  # so the index by value finds it among all the thread's steps
        test = any_of(asked, values, rows, f"step.{column}")
        search = None
        if asked.op in (Op.EQ, Op.IN) and asked.value is not None:
            wanted = asked.value if asked.op is Op.IN else [asked.value]
            search = _hops(column, values.bind(wanted))
        elif column == "name" and (found := text_search(asked, values, "catalog_step_text", "name")):
            return Condition(test, _THREADS_OF_STEPS.format(found), is_slow=True)
        return Condition(test, search)

    return condition


def _scores(rows: str, shown: str) -> Field:
    """The value of a score whose name is the path."""

    def condition(asked: Filter, values: Values) -> Condition:
        if asked.op in (Op.HAS, Op.NHAS):
            raise refuse(asked)
        named = f" AND score.name = {values.bind(asked.path)}" if asked.path else ""
        # The plus keeps the test from the index by name and value, which gives the scores of all other steps as well.
        test = any_of(asked, values, rows + named.replace("score.name", "+score.name"), "+score.value")
        search = None
        if asked.op in (Op.EQ, Op.IN, Op.GT, Op.GTE, Op.LT, Op.LTE) and asked.value is not None:
            wanted = compared(asked, values, "score.value")
            search = (
                f"SELECT step.{shown} AS no FROM score "
                "CROSS JOIN catalog_step AS step ON step.project_id = score.project_id AND step.id = score.step_id "
                f"WHERE score.project_id = :project_id{named} AND {wanted}"
            )
        return Condition(test, search)

    return condition


def _identifier(participant_id: str, search: str) -> Field:
    """The app's own name for the participant, who is named by `participant_id`. `search` finds rows by that id."""

    def condition(asked: Filter, values: Values) -> Condition:
        rows = f"FROM participant AS person WHERE person.project_id = :project_id AND person.id = {participant_id}"
        test = any_of(asked, values, rows, "person.identifier")
        found = None
        if asked.op in (Op.EQ, Op.IN) and asked.value is not None:
            wanted = compared(asked, values, "person.identifier")
            ids = f"SELECT person.id FROM participant AS person WHERE person.project_id = :project_id AND {wanted}"
            found = f"{search} IN ({ids})"
        return Condition(test, found)

    return condition


_THREADS = "SELECT c.thread_no AS no FROM catalog_thread AS c WHERE c.project_id = :project_id"
_STEPS = "SELECT s.no AS no FROM catalog_step AS s WHERE s.project_id = :project_id"
_GENERATIONS = _STEPS + " AND s.is_generation = 1"
_STEPS_BY_PERSON = (
    "SELECT s.no AS no FROM catalog_thread AS c CROSS JOIN catalog_step AS s ON s.thread_no = c.thread_no "
    "WHERE c.project_id = :project_id AND c.participant_id"
)
_SCORES_BY_STEP = "FROM score WHERE score.project_id = :project_id AND score.step_id = s.id"

# What is joined from the left is not looked at where nobody asks for it: totals need not, as a rule.
_SEEN: Final = "t.no IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > :now)"

THREADS: Final = Listing(
    table="catalog_thread AS c",
    no="c.thread_no",
    shown="t.body, t.expires_at, tail.last_active_at",
    joined="LEFT JOIN thread AS t ON t.no = c.thread_no LEFT JOIN thread_tail AS tail ON tail.thread_no = c.thread_no",
    condition="c.project_id = :project_id",
    seen=_SEEN,
    sorts={"created_at": "c.created_at", "tokens": "c.tokens", "participant": "c.participant_id"},
    fields={
        "id": Column(
            expression="t.id",
            search="SELECT named.no AS no FROM thread AS named WHERE named.project_id = :project_id",
            searched="named.id",
            text=True,
        ),
        "created_at": Column(expression="c.created_at", search=_THREADS, searched="c.created_at", time=True),
        "name": Column(
            expression="c.name",
            search=_THREADS,
            searched="c.name",
            text=True,
            by_text=("catalog_thread_text", "name"),
        ),
        "metadata": _metadata("CAST(t.body AS TEXT)", of_threads=True, by_text=("catalog_thread_text", "metadata")),
        "tags": _tags("thread", "c.thread_no"),
        "tokens": Column(expression="c.tokens", search=_THREADS, searched="c.tokens"),
        "seconds": Column(expression="c.took", search=_THREADS + " AND c.took IS NOT NULL", searched="c.took"),
        "environment": Column(expression="c.environment", search=_THREADS, searched="c.environment", text=True),
        "participant_id": Column(
            expression="nullif(c.participant_id, '')", search=_THREADS, searched="c.participant_id", text=True
        ),
        "participant_identifier": _identifier("c.participant_id", _THREADS + " AND c.participant_id"),
        "step_type": _thread_step("type"),
        "step_name": _thread_step("name"),
        "step_output": _thread_output,
        "score": _scores(
            "FROM catalog_step AS step CROSS JOIN score ON score.project_id = :project_id AND score.step_id = step.id "
            "WHERE step.thread_no = c.thread_no",
            "thread_no",
        ),
    },
)
"""Threads, as `threads.ThreadTable` shows them."""

_STEP_SHOWN: Final = (
    "s.key, item.body, run.no, run.turns, run.lease_owner, run.lease_until, run.last_event, run.progress, run.body"
)
_STEP_JOINED: Final = (
    "LEFT JOIN thread AS t ON t.no = s.thread_no LEFT JOIN item ON item.key = s.key LEFT JOIN run ON run.no = -s.key"
)
_PERSON_OF_STEP: Final = "(SELECT c.participant_id FROM catalog_thread AS c WHERE c.thread_no = s.thread_no)"


def _named(asked: Filter, values: Values) -> Condition:
    """The thread of a step, by its id. A step without a thread is in a hidden log, which has no name."""
    seen = "CASE WHEN t.project_id = :project_id THEN t.id END"
    if (asked.op in (Op.IS, Op.EQ) and asked.value is None) or (asked.op is Op.NIS and asked.value is True):
        # Hidden logs stand under a project of their own, whose name is `domain.step.log_project`'s.
        hidden = (
            "SELECT s.no AS no FROM thread AS home CROSS JOIN catalog_step AS s ON s.thread_no = home.no "
            "WHERE home.project_id = char(0) || :project_id"
        )
        return Condition(tested(asked, values, seen), hidden)
    return Column(
        expression=seen,
        search="SELECT s.no AS no FROM thread AS home CROSS JOIN catalog_step AS s ON s.thread_no = home.no "
        "WHERE home.project_id = :project_id",
        searched="home.id",
        text=True,
    )(asked, values)


_STEP_FIELDS: Final[dict[str, Field]] = {
    "id": Column(expression="s.id", search=_STEPS, searched="s.id", text=True),
    "created_at": Column(expression="s.created_at", search=_STEPS, searched="s.created_at", time=True),
    "tags": _tags("step", "s.no"),
    "score": _scores(_SCORES_BY_STEP, "no"),
    "environment": Column(expression="s.environment", search=_STEPS, searched="s.environment", text=True),
    "thread_id": _named,
    "participant_id": Column(
        expression=f"nullif({_PERSON_OF_STEP}, '')",
        search="SELECT s.no AS no FROM catalog_thread AS c CROSS JOIN catalog_step AS s ON s.thread_no = c.thread_no "
        "WHERE c.project_id = :project_id",
        searched="c.participant_id",
        text=True,
    ),
    "participant_identifier": _identifier(_PERSON_OF_STEP, _STEPS_BY_PERSON),
}


def _error(asked: Filter, values: Values) -> Condition:
    """The words of what went wrong."""
    test = Column(expression=f"json_extract({_BODY}, '$.trace.error.message')", text=True)(asked, values).test
    fails = (
        (asked.op in (Op.EQ, Op.HAS, Op.IN) and asked.value is not None)
        or (asked.op is Op.IS and asked.value is True)
        or (asked.op is Op.NIS and asked.value is None)
    )
    return Condition(test, _STEPS + " AND s.fails = 1" if fails else None)


STEPS: Final = Listing(
    table="catalog_step AS s",
    no="s.no",
    shown=_STEP_SHOWN,
    joined=_STEP_JOINED,
    condition="s.project_id = :project_id",
    seen=_SEEN,
    sorts={"created_at": "s.created_at"},
    fields={
        **_STEP_FIELDS,
        "type": Column(expression="s.type", search=_STEPS, searched="s.type", text=True),
        "name": Column(
            expression="s.name", search=_STEPS, searched="s.name", text=True, by_text=("catalog_step_text", "name")
        ),
        "input": _step_json("input"),
        "output": _step_json("output"),
        "metadata": _metadata(_BODY, by_text=("catalog_step_text", "metadata")),
        "started_at": Column(expression="s.started_at", search=_STEPS, searched="s.started_at", time=True),
        "ended_at": Column(expression="s.ended_at", search=_STEPS, searched="s.ended_at", time=True),
        "parent_id": Column(expression="s.parent_id", search=_STEPS, searched="s.parent_id", text=True),
        "error": _error,
    },
)
"""Steps."""

_PROMPT_OF_STEP = "FROM prompt_version AS v WHERE v.project_id = :project_id AND v.id = s.prompt_id"
_LINEAGE = (
    f"FROM (SELECT v.prompt_id AS word {_PROMPT_OF_STEP} UNION ALL SELECT p.name FROM prompt AS p "
    f"WHERE p.project_id = :project_id AND p.id = (SELECT v.prompt_id {_PROMPT_OF_STEP})) AS named WHERE 1"
)


def _prompt(asked: Filter, values: Values) -> Condition:
    """The prompt of whose versions one was given to the model, by its id or by its name."""
    if asked.op in (Op.GT, Op.GTE, Op.LT, Op.LTE):
        raise refuse(asked)
    search = None
    if asked.op in (Op.EQ, Op.IN) and asked.value is not None:
        prompts = " UNION ".join(
            f"SELECT p.id FROM prompt AS p WHERE p.project_id = :project_id AND {compared(asked, values, column)}"
            for column in ("p.id", "p.name")
        )
        search = (
            f"SELECT s.no AS no FROM ({prompts}) AS found CROSS JOIN prompt_version AS v "
            "ON v.project_id = :project_id AND v.prompt_id = found.id "
            "CROSS JOIN catalog_step AS s ON s.project_id = :project_id AND s.prompt_id = v.id WHERE 1"
        )
    return Condition(any_of(asked, values, _LINEAGE, "named.word"), search)


GENERATIONS: Final = Listing(
    table="catalog_step AS s",
    no="s.no",
    shown=_STEP_SHOWN,
    joined=_STEP_JOINED,
    condition="s.project_id = :project_id AND s.is_generation = 1",
    seen=_SEEN,
    sorts={
        "created_at": "s.created_at",
        "tokens": "s.tokens",
        "model": "s.model",
        "provider": "s.provider",
        "seconds": "s.took",
    },
    fields={
        **_STEP_FIELDS,
        "model": Column(expression="nullif(s.model, '')", search=_GENERATIONS, searched="s.model", text=True),
        "provider": Column(expression="nullif(s.provider, '')", search=_GENERATIONS, searched="s.provider", text=True),
        "tokens": Column(expression="s.tokens", search=_GENERATIONS, searched="s.tokens"),
        "seconds": Column(expression="s.took", search=_GENERATIONS, searched="s.took"),
        "prompt_id": Column(expression="s.prompt_id", search=_STEPS, searched="s.prompt_id", text=True),
        "prompt": _prompt,
        "error": _error,
    },
)
"""Model generations, which are steps of one kind."""

_PEOPLE = "SELECT p.no AS no FROM catalog_participant AS p WHERE p.project_id = :project_id"

PARTICIPANTS: Final = Listing(
    table="catalog_participant AS p",
    no="p.no",
    shown="person.body",
    joined="JOIN participant AS person ON person.project_id = p.project_id AND person.id = p.id",
    condition="p.project_id = :project_id",
    seen="person.expires_at IS NULL OR person.expires_at > :now",
    lasting=True,
    sorts={"created_at": "p.created_at"},
    fields={
        "id": Column(expression="p.id", search=_PEOPLE, searched="p.id", text=True),
        "created_at": Column(expression="p.created_at", search=_PEOPLE, searched="p.created_at", time=True),
        "identifier": Column(
            expression="person.identifier",
            search="SELECT p.no AS no FROM participant AS named CROSS JOIN catalog_participant AS p "
            "ON p.project_id = named.project_id AND p.id = named.id WHERE named.project_id = :project_id",
            searched="named.identifier",
            text=True,
        ),
        "last_active_at": Column(expression="p.last_active_at", search=_PEOPLE, searched="p.last_active_at", time=True),
        "threads": Column(expression="p.threads", search=_PEOPLE, searched="p.threads"),
        "tokens": Column(expression="p.tokens", search=_PEOPLE, searched="p.tokens"),
        "metadata": _metadata("CAST(person.body AS TEXT)"),
    },
)
"""Participants."""

_SCORES = "SELECT r.no AS no FROM score AS r WHERE r.project_id = :project_id"
_PERSON_OF_SCORE = (
    "(SELECT c.participant_id FROM catalog_step AS s CROSS JOIN catalog_thread AS c ON c.thread_no = s.thread_no "
    "WHERE s.project_id = r.project_id AND s.id = r.step_id)"
)
_SCORES_BY_PERSON = (
    "SELECT r.no AS no FROM catalog_thread AS c CROSS JOIN catalog_step AS s ON s.thread_no = c.thread_no "
    "CROSS JOIN score AS r ON r.project_id = s.project_id AND r.step_id = s.id "
    "WHERE c.project_id = :project_id AND c.participant_id"
)

SCORES: Final = Listing(
    table="score AS r",
    no="r.no",
    shown="r.body",
    joined="",
    condition="r.project_id = :project_id",
    seen="NOT EXISTS (SELECT 1 FROM catalog_step AS s "
    "LEFT JOIN thread AS t ON t.no = s.thread_no WHERE s.project_id = r.project_id AND s.id = r.step_id "
    "AND (t.no IS NULL OR t.expires_at <= :now))",
    sorts={"created_at": "r.created_at"},
    fields={
        "id": Column(expression="r.id", search=_SCORES, searched="r.id", text=True),
        "created_at": Column(expression="r.created_at", search=_SCORES, searched="r.created_at", time=True),
        "name": Column(expression="r.name", search=_SCORES, searched="r.name", text=True),
        "kind": Column(expression="r.kind", search=_SCORES, searched="r.kind", text=True),
        "value": Column(expression="r.value", search=_SCORES, searched="r.value"),
        "comment": Column(expression="json_extract(CAST(r.body AS TEXT), '$.comment')", text=True),
        "step_id": Column(expression="r.step_id", search=_SCORES, searched="r.step_id", text=True),
        "tags": _tags("score", "r.no"),
        "participant_id": Column(
            expression=f"nullif({_PERSON_OF_SCORE}, '')",
            search=_SCORES_BY_PERSON.removesuffix(" AND c.participant_id"),
            searched="c.participant_id",
            text=True,
        ),
        "participant_identifier": _identifier(_PERSON_OF_SCORE, _SCORES_BY_PERSON),
    },
)
"""Scores."""

_DATASETS = "SELECT d.no AS no FROM dataset AS d WHERE d.project_id = :project_id"

DATASETS: Final = Listing(
    table="dataset AS d",
    no="d.no",
    shown="d.body",
    joined="",
    condition="d.project_id = :project_id",
    sorts={"created_at": "d.created_at"},
    fields={
        "id": Column(expression="d.id", search=_DATASETS, searched="d.id", text=True),
        "created_at": Column(expression="d.created_at", search=_DATASETS, searched="d.created_at", time=True),
        "name": Column(expression="d.name", search=_DATASETS, searched="d.name", text=True),
    },
)
"""Datasets."""
