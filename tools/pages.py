"""Fills in the parts of the project's pages that are made from the code, or says which are not current (`--check`).

A made part stands between two comments, and everything between them is replaced:

    <!-- made: settings -->
    | … |
    <!-- end -->

What can be made stands in `MADE`. Run it as `just pages`; `just docs` checks.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clew.app import cli, settings
from clew.dialects.literal.errors import internal_error as literal_internal_error
from clew.dialects.literal.errors import refusal_of as literal_refusal_of
from clew.dialects.literal.operations import GRAPHQL, PATHS, ROWS, SIGNED
from clew.dialects.openai import bodies, errors, fields
from clew.dialects.openai.mapping.runs import STATES
from clew.dialects.openai.operations import OPERATIONS
from clew.dialects.openai.refusal import Refusal
from clew.dialects.openai.stream import Renderer
from clew.dialects.yandex.errors import INTERNAL as YANDEX_INTERNAL
from clew.dialects.yandex.errors import refusal_of as yandex_refusal_of
from clew.dialects.yandex.operations import OPERATIONS as YANDEX_OPERATIONS
from clew.domain import problem
from clew.domain.event import Delta, Event, EventKind
from clew.domain.item import Item, ItemStatus, Kind, Trace
from clew.domain.project import Scope
from clew.domain.run import ACTIVE, MOVES, Progress, Run, RunState
from clew.domain.thread import Thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from clew.dialects.openai.fields import Shape
    from clew.dialects.yandex.operation import Operation as YandexOperation
    from clew.web.operation import Operation

ROOT: Final = Path(__file__).resolve().parent.parent
PART: Final = re.compile(r"^<!-- made: ([\w-]+) -->\n.*?^<!-- end -->$", re.MULTILINE | re.DOTALL)
COLUMNS: Final = "100"
"""How wide help texts are, whatever terminal this runs in."""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table. What would end a cell is escaped."""
    names = list(head)
    lines = [names, ["---"] * len(names), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def code(text: str) -> str:
    """The text as code."""
    return f"`{text}`"


def listed(words: Iterable[str]) -> str:
    """The words as code, with commas."""
    return ", ".join(map(code, words))


# --- operations ---------------------------------------------------------------------------------------------------


def groups() -> dict[str, list[Operation]]:
    """The operations of the OpenAI dialect by their group."""
    found: dict[str, list[Operation]] = {}
    for operation in OPERATIONS:
        found.setdefault(operation.group, []).append(operation)
    return found


def operations_summary() -> str:
    """One row a group: what is answered, what is declined and why. A star marks what the hosted service never had."""
    rows: list[list[str]] = []
    for group, operations in groups().items():
        answered = [code(one.name) + ("\\*" if one.extension else "") for one in operations if one.handler]
        reasons: dict[str, list[str]] = {}
        for one in operations:
            if one.why_not is not None:
                reasons.setdefault(one.why_not, []).append(one.name)
        declined = [f"{listed(names)}: {why}" for why, names in reasons.items()]
        rows.append([group.replace("_", " "), ", ".join(answered), ". ".join(declined)])
    return table(("group", "answered", "declined"), rows)


def operations() -> str:
    """Every operation, group by group."""
    parts: list[str] = []
    for group, members in groups().items():
        rows = [[code(one.name), one.method, code(one.path.replace("...}", "}")), _standing(one)] for one in members]
        parts.append(f"### {group.replace('_', ' ')}\n\n" + table(("operation", "method", "path", "here"), rows))
    return "\n".join(parts)


def yandex_operations() -> str:
    """Every method of the Yandex dialect, service by service."""
    services: dict[str, list[YandexOperation]] = {}
    for one in YANDEX_OPERATIONS:
        services.setdefault(one.service, []).append(one)
    parts: list[str] = []
    for service, members in services.items():
        rows = [[code(one.method), _rest(one), _need(one), _yandex_standing(one)] for one in members]
        parts.append(f"### {code(service)}\n\n" + table(("method", "REST", "key's scope", "here"), rows))
    return "\n".join(parts)


def literal_operations() -> str:
    """Every field of the Literal AI dialect, group by group, and its paths."""
    fields_of: dict[str, list[list[str]]] = {}
    for one in sorted(ROWS, key=lambda one: one.need is not Scope.READ):
        here = "answered" if one.why_not is None else f"declined: {one.why_not}"
        fields_of.setdefault(one.group, []).append([code(one.name), code(one.need), here])
    parts = [f"### {group}\n\n" + table(("field", "key's scope", "here"), rows) for group, rows in fields_of.items()]
    rows = [
        [
            code(f"{one.method} {one.path}"),
            "none: the address is signed" if one.group == SIGNED else code(one.need),
            "answered" if one.why_not is None else f"declined: {one.why_not}",
        ]
        for one in PATHS
        if one.name != GRAPHQL
    ]
    return "\n".join([*parts, "### paths\n\n" + table(("path", "key's scope", "here"), rows)])


def _rest(operation: YandexOperation) -> str:
    return "" if operation.verb is None else code(f"{operation.verb} {operation.path}")


def _need(operation: YandexOperation) -> str:
    return "none: open to everybody" if operation.need is None else code(operation.need)


def _yandex_standing(operation: YandexOperation) -> str:
    if operation.why_not is not None:
        return f"declined: {operation.why_not}"
    streams = {(True, True): "; streams both ways", (False, True): "; answers as a stream"}
    return "answered" + streams.get((operation.takes_stream, operation.gives_stream), "")


def _standing(operation: Operation) -> str:
    if operation.why_not is not None:
        return f"declined: {operation.why_not}"
    more = [
        "as a stream with `stream: true`" if operation.streams and operation.method == "POST" else "",
        "as a stream" if operation.streams and operation.method == "GET" else "",
        "a form" if operation.multipart else "",
        "extension" if operation.extension else "",
    ]
    return "; ".join(["answered", *filter(None, more)])


# --- runs and events ----------------------------------------------------------------------------------------------


def run_states() -> str:
    """The table of states, as `domain.run` has it."""
    rows = [
        [
            code(state),
            code(STATES[state]),
            listed(to for to in RunState if to in MOVES[state]) if state in ACTIVE else "nothing: it is over",
        ]
        for state in RunState
    ]
    return table(("state", "shown to OpenAI's clients as", "may be followed by"), rows)


def events() -> str:
    """Each kind of event, with the frames that OpenAI's clients get for it."""
    rows = [[code(kind), carried, "<br>".join(map(code, _frames(kind)))] for kind, carried in CARRIED.items()]
    return table(("kind", "carries", "frames of the stream, in order"), rows)


CARRIED: Final = {
    EventKind.THREAD_CREATED: "nothing: the thread is the run's own, made in the same call",
    EventKind.RUN_CREATED: "the run's progress",
    EventKind.RUN_MOVED: "the run's progress, whose state says which frame it is",
    EventKind.ITEM_CREATED: "the item: a generation or a message",
    EventKind.ITEM_ENDED: "the item in its final status, which says which frame it is; of a generation also its calls",
    EventKind.DELTA: "a fragment: of a message's text or refusal, or of a tool call's name and arguments",
}
_RUN: Final = Run(
    project_id="",
    thread_id="thread_1",
    id="run_1",
    assistant_id="asst_1",
    created_at=0,
    model="",
    progress=Progress(state=RunState.QUEUED),
)
_THREAD: Final = Thread(project_id="", id="thread_1", created_at=0, updated_at=0, last_active_at=0)


def _samples(kind: EventKind) -> Iterator[Event]:
    """An event of the kind for each of the frames that it may become."""
    match kind:
        case EventKind.THREAD_CREATED | EventKind.RUN_CREATED:
            yield Event(kind=kind, at=0)
        case EventKind.RUN_MOVED:
            for state in RunState:
                if any(state in to for to in MOVES.values()):
                    yield Event(kind=kind, at=0, progress=Progress(state=state))
        case EventKind.ITEM_CREATED:
            yield from (Event(kind=kind, at=0, item=_item(one)) for one in (Kind.GENERATION, Kind.MESSAGE))
        case EventKind.ITEM_ENDED:
            ends = [status for status in ItemStatus if status is not ItemStatus.IN_PROGRESS]
            for one in (Kind.GENERATION, Kind.MESSAGE):
                yield from (Event(kind=kind, at=0, item=_item(one, status)) for status in ends)
        case EventKind.DELTA:
            yield Event(kind=kind, at=0, delta=Delta(item_id="msg_1", text=""))
            yield Event(kind=kind, at=0, delta=Delta(item_id="step_1", arguments=""))


def _item(kind: Kind, status: ItemStatus = ItemStatus.IN_PROGRESS) -> Item:
    return Item(thread_id="thread_1", id="item_1", kind=kind, created_at=0, status=status, trace=Trace())


def _frames(kind: EventKind) -> list[str]:
    """The names of the frames that the real renderer makes, each once."""
    rendered = [Renderer(_RUN, _THREAD).render(event).decode() for event in _samples(kind)]
    return list(dict.fromkeys(re.findall(r"^event: (\S+)$", "".join(rendered), re.MULTILINE)))


# --- problems and refusals ----------------------------------------------------------------------------------------

PROBLEMS: Final = (
    problem.NotFound("thread", "thread_1"),
    problem.NotFound("file", "file-1"),
    problem.NotFound("file", "file-1", within=("index", "vs_1")),
    problem.NotFound("model", "gpt-0"),
    problem.AlreadyExists("thread", "thread_1"),
    problem.ThreadBusy("thread_1", "run_1", attempt="run"),
    problem.ThreadBusy("thread_1", "run_1", attempt="append"),
    problem.WrongState("run", "run_1", state="completed", attempt="cancel"),
    problem.WrongState("run", "run_1", state="running", attempt="submit"),
    problem.WrongState("upload", "upload_1", state="expired", attempt="complete"),
    problem.OutputsMismatch(expected=["call_1"], got=["call_2"]),
    problem.Invalid("part_ids", "a part is named twice"),
    problem.TooLarge("messages", limit=100_000, got=None, unit="messages"),
    problem.Unsupported("file_ids", ".csv"),
    problem.QuotaSpent("threads", limit=1000),
    problem.QuotaSpent("runs", limit=4),
    problem.Denied("write"),
    problem.Unavailable("the server is shutting down"),
)
"""At least one of each class of problem that is raised, and each wording that OpenAI's clients get for it."""

REFUSALS: Final[Mapping[str, tuple[str, Refusal]]] = {
    "no_key": ("no key, or not as a bearer token", errors.no_key()),
    "wrong_key": ("a key that is not known, or is revoked", errors.wrong_key("sk-1")),
    "no_beta_header": ("no `OpenAI-Beta` header, with `strict_beta` only", errors.no_beta_header()),
    "assistants_v1": ("the header asks for the first Assistants API", errors.assistants_v1()),
    "unknown_path": ("a path that the API never had", errors.unknown_path("GET", "/v1/nothing")),
    "wrong_method": ("a path that is known, with another method", errors.wrong_method("PUT", "/v1/threads")),
    "not_offered": ("an operation that is declined", errors.not_offered("createSpeech", "the reason")),
    "wrong_content_type": ("a body that says it is no JSON", errors.wrong_content_type("text/plain")),
    "bad_json": ("a body that is not JSON in UTF-8", errors.bad_json()),
    "body_too_large": ("a body over `body_bytes_max`", errors.body_too_large(16_777_216)),
    "bad_cursor": (
        "`after` or `before` names nothing in the list",
        errors.bad_cursor(problem.NotFound("message", "msg_1"), "after"),
    ),
    "model_not_found": ("a path names a model that no server answers for", errors.model_not_found("gpt-0")),
    "internal_error": ("a bug of ours", errors.internal_error()),
}
"""What is refused before the service is asked, by the name of the function in `errors` that words it."""


def problems() -> str:
    """What each problem of the service becomes."""
    rows = [[code(type(one).__name__), *_shown(errors.refusal_of(one))] for one in PROBLEMS]
    return table(("problem", "status", "type", "code", "message, for example"), rows)


def refusals() -> str:
    """What is refused before the service is asked."""
    rows = [[what, *_shown(refusal)] for what, refusal in REFUSALS.values()]
    return table(("what is wrong", "status", "type", "code", "message, for example"), rows)


def _asked(shape: Shape, value: dict[str, Any]) -> Callable[[], object]:
    return lambda: shape.read(value)


def _queried(*pairs: tuple[str, str]) -> Callable[[], object]:
    return lambda: fields.read_query(bodies.LIST_QUERY, list(pairs))


FAULTS: Final = (
    _asked(bodies.RUN_CREATE, {}),
    _asked(bodies.THREAD_CREATE, {"colour": "red"}),
    _queried(("limit", "5"), ("limit", "6")),
    _asked(bodies.THREAD_CREATE, {"tool_resources": {"file_search": {"vector_store_ids": [], "vector_stores": []}}}),
    _asked(bodies.THREAD_CREATE, {"metadata": "red"}),
    _asked(bodies.MESSAGE_CREATE, {"role": "robot", "content": "Hello"}),
    _queried(("limit", "500")),
    _queried(("limit", "0")),
    _asked(bodies.ASSISTANT_CREATE, {"model": "m", "temperature": 2.5}),
    _asked(bodies.ASSISTANT_CREATE, {"model": "m", "temperature": -0.5}),
    _asked(bodies.ASSISTANT_CREATE, {"model": "m", "name": "n" * 257}),
    _asked(bodies.MESSAGE_CREATE, {"role": "user", "content": ""}),
    _asked(bodies.ASSISTANT_CREATE, {"model": "m", "tools": [{"type": "file_search"}] * 129}),
    _asked(bodies.MESSAGE_CREATE, {"role": "user", "content": []}),
    _asked(bodies.THREAD_CREATE, {"metadata": {str(number): "" for number in range(17)}}),
    _asked(bodies.THREAD_CREATE, {"metadata": {"k" * 65: ""}}),
)
"""A request with each of the things that can be wrong with a field."""


def faults() -> str:
    """What is said of a field that is wrong."""
    rows: list[list[str]] = []
    for ask in FAULTS:
        try:
            ask()
        except Refusal as refusal:
            rows.append([code(refusal.code or ""), code(refusal.param or ""), code(refusal.message)])
    return table(("code", "param", "message, for example"), rows)


def _shown(refusal: Refusal) -> list[str]:
    kind = code(refusal.code) if refusal.code else "null"
    # Doubled backquotes: some messages hold single ones.
    message = f"`` {refusal.message} ``" if "`" in refusal.message else code(refusal.message)
    return [str(refusal.status), code(refusal.type), kind, message]


def yandex_errors() -> str:
    """What each problem of the service becomes for Yandex clients, over gRPC and over REST."""
    refusals = [(code(type(one).__name__), yandex_refusal_of(one)) for one in PROBLEMS]
    rows = [
        [name, code(refusal.code.name), str(refusal.status), code(refusal.message)]
        for name, refusal in (*refusals, ("a bug of ours", YANDEX_INTERNAL))
    ]
    return table(("problem", "gRPC", "HTTP", "message, for example"), map(list, dict.fromkeys(map(tuple, rows))))


def literal_errors() -> str:
    """What each problem of the service becomes for Literal AI's clients."""
    refusals = [(code(type(one).__name__), literal_refusal_of(one)) for one in PROBLEMS]
    rows = [
        [name, str(refusal.status), code(refusal.code), code(refusal.message)]
        for name, refusal in (*refusals, ("a bug of ours", literal_internal_error()))
    ]
    return table(("problem", "status", "code", "message, for example"), map(list, dict.fromkeys(map(tuple, rows))))


# --- the command line ---------------------------------------------------------------------------------------------

COMMANDS: Final = (
    (),
    ("serve",),
    ("keys",),
    ("keys", "create"),
    ("keys", "list"),
    ("keys", "revoke"),
    ("migrate",),
    ("backup",),
    ("restore",),
    ("doctor",),
    ("export",),
    ("import",),
)


def command_line() -> str:
    """The help of every command, as the command prints it."""
    parts: list[str] = []
    for words in COMMANDS:
        name = " ".join(("clew", *words))
        parts.append(f"## {name}\n\n```text\n{_help(words)}```\n")
    return "\n".join(parts)


def _help(words: tuple[str, ...]) -> str:
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = COLUMNS
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            cli.main([*words, "--help"])
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before
    return "".join(f"{line.rstrip()}\n" for line in said.getvalue().splitlines())


# --- pages --------------------------------------------------------------------------------------------------------

MADE: Final[Mapping[str, Callable[[], str]]] = {
    "cli": command_line,
    "events": events,
    "faults": faults,
    "literal-errors": literal_errors,
    "literal-operations": literal_operations,
    "operations": operations,
    "operations-summary": operations_summary,
    "problems": problems,
    "refusals": refusals,
    "run-states": run_states,
    "settings": settings.as_markdown,
    "yandex-errors": yandex_errors,
    "yandex-operations": yandex_operations,
}


def filled(page: str) -> str:
    """The page with every made part as it is now. Raises KeyError for a name that nothing makes."""
    return PART.sub(
        lambda part: f"<!-- made: {part[1]} -->\n\n{MADE[part[1]]().rstrip()}\n\n<!-- end -->",
        page,
    )


def pages(root: Path) -> list[Path]:
    """The pages that may have made parts."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def stale(root: Path) -> list[Path]:
    """The pages whose made parts are not current."""
    return [path for path in pages(root) if filled(page := path.read_text("utf-8")) != page]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Writes or checks, as the arguments say. The answer is the exit status: 1 where a check found something."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail where a made part is not current")
    given = parser.parse_args(arguments)
    found = stale(root)
    for path in found:
        name = path.relative_to(root).as_posix()
        if given.check:
            print(f"{name} is not current: `uv run just pages` makes it so")
        else:
            path.write_text(filled(path.read_text("utf-8")), "utf-8")
            print(f"filled in {name}")
    return 1 if given.check and found else 0


if __name__ == "__main__":
    sys.exit(main())
