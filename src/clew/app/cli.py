"""The command `clew`: reads the settings, does one thing, and says in one line what went wrong."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from clew import __version__
from clew.app import doctor, kinds, log
from clew.app.pairing import refuse_lost_database
from clew.app.settings import CONFIG_FILE, SETTINGS, Setting, SettingsProblem, as_help, read
from clew.auth import keys
from clew.auth.openness import NotOpen
from clew.domain.problem import Problem
from clew.domain.project import Key, Scope
from clew.service.core import RandomIds, SystemClock
from clew.storage.port import StoreProblem
from clew.storage.sqlite import open_store
from clew.transfer.archive import DATABASE
from clew.transfer.backup import CannotBackUp, backup
from clew.transfer.restore import CannotRestore, restore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Sequence

    from clew.app.settings import Settings
    from clew.storage.port import Store

    # Without a public name, though everyone who writes a function over subcommands holds one.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

OF_THE_STORE: Final = frozenset({"data", "database"})
OF_KEYS: Final = OF_THE_STORE | {"project"}
EXIT_PROBLEM: Final = 1
EXIT_DECLINED: Final = 2
EXIT_INTERRUPTED: Final = 130


class Told(Exception):
    """What the command could not do, in a sentence for the person who asked."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit code."""
    given = _parser().parse_args(arguments)
    command: Callable[[Settings, argparse.Namespace], int] = given.command
    try:
        flags = {setting.name: getattr(given, setting.name, None) for setting in SETTINGS}
        code = command(read(flags, os.environ, config=given.config), given)
    except (CannotBackUp, CannotRestore, NotOpen, Problem, SettingsProblem, StoreProblem, Told) as problem:
        _say(f"clew: {problem}", to=sys.stderr)
        return EXIT_PROBLEM
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `clew keys list | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PROBLEM
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="clew", description="A home for conversation threads.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"clew {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    everything = frozenset(setting.name for setting in SETTINGS)
    _command(commands, "serve", "start the server", _serve, flags=everything)
    _keys_commands(commands)
    _command(commands, "migrate", "bring the database to this version's schema", _migrate, flags=OF_THE_STORE)
    into = _command(commands, "backup", "back the data up, also while a server has it", _backup, flags=OF_THE_STORE)
    into.add_argument("file", type=Path, metavar="FILE", help="where to; must not be there yet")
    back = _command(commands, "restore", "make a data folder from a backup", _restore, flags=frozenset({"data"}))
    back.add_argument("file", type=Path, metavar="FILE", help="what `clew backup` has written")
    examined = _command(commands, "doctor", "check what a server needs, and all data", _doctor, flags=everything)
    examined.usage = "clew doctor [BACKUP] [settings]"
    examined.add_argument("backup", type=Path, metavar="BACKUP", nargs="?", help="check this backup, and nothing else")
    for name, declined in (("export", _export), ("import", _import)):
        later = _command(commands, name, "comes later", declined, flags=OF_THE_STORE)
        later.add_argument("file", nargs="*", help=argparse.SUPPRESS)  # whatever is asked, the answer is the same
    return parser


def _keys_commands(commands: Commands) -> None:
    group = commands.add_parser("keys", help="make, list and revoke API keys", allow_abbrev=False)
    verbs = group.add_subparsers(required=True, metavar="COMMAND")
    create = _command(verbs, "create", "make a key and show it, once", _keys_create, flags=OF_KEYS)
    create.add_argument("--name", default="", help="what the key is for, as the list shows it")
    create.add_argument(
        "--scope",
        action="append",
        choices=[scope.value for scope in Scope],
        help="what the key may do; may be given more than once. Without it: read and write. admin implies all",
    )
    _command(verbs, "list", "show all keys, but never their secrets", _keys_list, flags=OF_THE_STORE)
    revoke = _command(verbs, "revoke", "end a key; servers notice within seconds", _keys_revoke, flags=OF_THE_STORE)
    revoke.add_argument("id", help="as the list shows it")


def _command(
    commands: Commands,
    name: str,
    what: str,
    command: Callable[[Settings, argparse.Namespace], int],
    *,
    flags: Collection[str],
) -> argparse.ArgumentParser:
    """A command that takes the flags of these settings, whatever else it adds itself."""
    takes_all = len(flags) == len(SETTINGS)
    parser = commands.add_parser(
        name,
        help=what,
        description=what[:1].upper() + what[1:] + ".",
        epilog=as_help() if takes_all else None,
        usage=f"clew {name} [settings]" if takes_all else None,
        formatter_class=argparse.RawDescriptionHelpFormatter if takes_all else argparse.HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"settings file, instead of ./{CONFIG_FILE}")
    for setting in SETTINGS:
        if setting.name in flags and setting.flag:
            _add_flag(parser, setting, setting.flag, help=argparse.SUPPRESS if takes_all else setting.help)
    parser.set_defaults(command=command)
    return parser


def _add_flag(parser: argparse.ArgumentParser, setting: Setting, flag: str, *, help: str) -> None:  # noqa: A002
    """The flag as it was written: what it may be is the settings' to say, in the same words for every source."""
    if setting.kind is kinds.SWITCH:
        parser.add_argument(flag, action=argparse.BooleanOptionalAction, dest=setting.name, help=help)
    elif setting.kind is kinds.LOCAL_MODEL:
        parser.add_argument(flag, nargs="?", const=True, dest=setting.name, metavar="FILE", help=help)
    else:
        parser.add_argument(flag, dest=setting.name, metavar=setting.kind.metavar, help=help)


def _say(line: str, *, to: TextIO | None = None) -> None:
    print(line, file=to, flush=True)


def _serve(settings: Settings, _: argparse.Namespace) -> int:
    # Here, because the server's packages take longer to load than the other commands take altogether.
    from clew.app import http, serve  # noqa: PLC0415
    from clew.local_model import LocalModelFailed, LocalModelMissing  # noqa: PLC0415

    log.set_up(level=settings.log_level, form=settings.log_format)
    try:
        serve.run(settings)
    except (LocalModelFailed, LocalModelMissing, http.CannotListen) as problem:
        raise Told(str(problem)) from problem
    return 0


@asynccontextmanager
async def _store_beside_a_server(settings: Settings, *, may_make: bool = False) -> AsyncGenerator[Store, None]:
    """The store, whether or not a server has it. Only the first key of all is reason to make one."""
    if not may_make and not settings.database_file.exists():
        raise Told(f"There is no database {settings.database_file}. Is --data the folder of your server?")
    refuse_lost_database(settings)
    store = open_store(settings.database_file, readers=1, exclusive=False)
    try:
        yield store
    finally:
        await store.close()


def _keys_create(settings: Settings, given: argparse.Namespace) -> int:
    scopes = None if given.scope is None else [Scope(word) for word in given.scope]

    async def create() -> tuple[Key, str]:
        async with _store_beside_a_server(settings, may_make=True) as store:
            now = SystemClock().now()
            return await keys.create(
                store, RandomIds(), now, project_id=settings.project, name=given.name, scopes=scopes
            )

    key, secret = asyncio.run(create())
    # The secret alone on stdout, so that a script can take it.
    _say(
        f"Key {key.id} for the project {key.project_id} ({', '.join(key.scopes)}). It is shown this once:",
        to=sys.stderr,
    )
    _say(secret)
    return 0


def _keys_list(settings: Settings, _: argparse.Namespace) -> int:
    async def every() -> list[Key]:
        async with _store_beside_a_server(settings) as store:
            return await keys.every(store)

    found = asyncio.run(every())
    rows = [("ID", "PROJECT", "ENDS IN", "SCOPES", "MADE", "STATE", "NAME"), *map(_row_from_key, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _row_from_key(key: Key) -> tuple[str, ...]:
    state = "live" if key.revoked_at is None else f"revoked {_moment(key.revoked_at)}"
    return key.id, key.project_id, key.hint, ",".join(key.scopes), _moment(key.created_at), state, key.name


def _moment(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _keys_revoke(settings: Settings, given: argparse.Namespace) -> int:
    async def revoke() -> bool:
        async with _store_beside_a_server(settings) as store:
            return await keys.revoke(store, given.id, now=SystemClock().now())

    if not asyncio.run(revoke()):
        raise Told(f"There is no live key {given.id}. `clew keys list` shows which there are.")
    _say(f"Key {given.id} is revoked. Running servers refuse it within 5 seconds.")
    return 0


def _migrate(settings: Settings, _: argparse.Namespace) -> int:
    refuse_lost_database(settings)

    async def migrate() -> tuple[int, int]:
        store = open_store(settings.database_file, readers=1)
        await store.close()
        return store.schema

    before, after = asyncio.run(migrate())
    _say(f"Schema {before} before, {after} now.")
    return 0


def _backup(settings: Settings, given: argparse.Namespace) -> int:
    database, file = settings.database_file, given.file
    if not database.exists():
        raise Told(f"There is no database {database}. Is --data the folder of your server?")
    made = backup(database=database, blobs=settings.blobs_folder, to=file, now=SystemClock().now())
    _say(f"Backed up into {file}: {made.size:,} bytes, with those of {made.blobs:,} files.")
    if made.missing:
        _say(
            f"clew: The bytes of {len(made.missing):,} files are not in it, because they were not there: "
            f"{', '.join(made.missing[:3])}. See `clew doctor`.",
            to=sys.stderr,
        )
        return EXIT_PROBLEM
    return 0


def _restore(settings: Settings, given: argparse.Namespace) -> int:
    if settings.database_file != settings.data / DATABASE:
        raise Told(f"A backup is restored into one folder. Unset `database`, which names {settings.database_file}.")
    head = restore(given.file, settings.data)
    _say(f"Restored into {settings.data}: the data of {head.store}, as it was at {head.made_at}.")
    return 0


def _doctor(settings: Settings, given: argparse.Namespace) -> int:
    is_well = True
    findings = doctor.findings(settings) if given.backup is None else doctor.backup_findings(given.backup)
    for finding in findings:
        _say(str(finding))
        is_well = is_well and finding.is_well
    return 0 if is_well else EXIT_PROBLEM


def _export(_settings: Settings, _: argparse.Namespace) -> int:
    return _declined("export", "Until then, `clew backup` writes everything into one file.")


def _import(_settings: Settings, _: argparse.Namespace) -> int:
    return _declined("import", "Until then, `clew restore` reads what `clew backup` has written.")


def _declined(command: str, instead: str) -> int:
    _say(f"clew: `clew {command}` comes later. {instead}", to=sys.stderr)
    return EXIT_DECLINED
