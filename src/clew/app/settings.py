"""Every setting, in one table: what it is called in each place, what it may be, what it is if nobody says.

Flags, the environment, help and the README are made from the table. What a value may look like is said in `kinds.py`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clew.app import kinds
from clew.domain.quota import Quotas
from clew.engine.model import ModelConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clew.app.kinds import Kind, LocalModelChoice

CONFIG_FILE: Final = "clew.toml"


class SettingsProblem(Exception):
    """A setting cannot be what it was set to. `str` names the place and never repeats a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A row of the table. `flag` and `env` are None where a value only fits into the file.

    `default` is written as an operator would write it; None where nothing is set.
    """

    name: str
    flag: str | None
    env: str | None
    key: str
    kind: Kind
    default: object
    help: str


def _row(name: str, kind: Kind, default: object, help: str, *, env: str | None = None) -> Setting:  # noqa: A002
    """A setting that has the same name everywhere, as all but one have."""
    return Setting(
        name=name,
        flag="--" + name.replace("_", "-"),
        env=env or "CLEW_" + name.upper(),
        key=name,
        kind=kind,
        default=default,
        help=help,
    )


SETTINGS: Final = (
    _row("host", kinds.TEXT, "127.0.0.1", "Address to listen on."),
    _row("port", kinds.PORT, 8400, "Port for HTTP. 0 takes a free one."),
    _row("grpc_port", kinds.PORT, 8401, "Port for gRPC. 0 takes a free one."),
    _row(
        "data",
        kinds.FOLDER,
        "./clew-data",
        "Folder of files and of the database. Belongs to one database. Where only `database` is set, the folder of "
        "that file.",
    ),
    _row(
        "database",
        kinds.DATABASE,
        None,
        "`sqlite:///relative/file` or `sqlite:////absolute/file`. If not set, `clew.db` in the data folder. "
        "PostgreSQL comes later.",
        env="CLEW_DATABASE_URL",
    ),
    _row(
        "model_url", kinds.URL, None, "Server of the default model: any that speaks chat completions, `/v1` included."
    ),
    _row("model_key", kinds.SECRET, None, "API key for that server. Better in the environment than on a command line."),
    _row("model_name", kinds.TEXT, None, "What that server calls the model. If not set, the name a caller asks for."),
    Setting(
        name="models",
        flag=None,
        env=None,
        key="models",
        kind=kinds.MODELS,
        default=None,
        help="Servers for other model names: `[[models]]` tables with `pattern` and `url`, and, where needed, `key`, "
        "`name`, `context_window_tokens`, `tool_choice`, `json_schema`, `parallel_tool_calls`, `images`, "
        "`budget_field`, `first_token_seconds`, `token_gap_seconds`, `retries`.",
    ),
    _row(
        "local_model",
        kinds.LOCAL_MODEL,
        "false",
        "Run a small model on this machine: the packaged one, or a GGUF file.",
    ),
    _row("open", kinds.SWITCH, "false", "Serve without keys on an address that other machines can reach."),
    _row("project", kinds.TEXT, "default", "Project of callers on an open server, and of new keys."),
    _row("run_seconds", kinds.COUNT, 600, "How long a run may take until it expires."),
    _row("runs_at_once", kinds.COUNT, 64, "How many runs one process performs at the same time."),
    _row("body_bytes_max", kinds.BYTES, "16MiB", "Largest JSON body of a request."),
    _row("file_bytes_max", kinds.BYTES, "512MiB", "Largest file in one request."),
    _row("part_bytes_max", kinds.BYTES, "64MiB", "Largest part of an upload."),
    _row("upload_bytes_max", kinds.BYTES, "8GiB", "Largest file by way of an upload."),
    _row(
        "thread_entries_max",
        kinds.COUNT_OR_NONE,
        100_000,
        "How many messages, with what runs add between them, a thread may ever have. 0 for no limit.",
    ),
    _row(
        "request_seconds",
        kinds.COUNT,
        30,
        "How long a request may take to come in. Each KiB of it gives it a second more.",
    ),
    _row("answer_seconds", kinds.COUNT, 60, "How long a client may leave an answer or a stream unread."),
    _row(
        "connections_max",
        kinds.COUNT,
        10_000,
        "How many connections there may be, at most as many as the system allows open files. Idle ones make room for "
        "new ones.",
    ),
    _row("bodies_bytes_max", kinds.BYTES, "256MiB", "Room for all JSON bodies over 64 KiB that are on their way in."),
    _row("answers_bytes_max", kinds.BYTES, "256MiB", "Room for all answers that clients have not read yet."),
    Setting(
        name="quotas",
        flag=None,
        env=None,
        key="quotas",
        kind=kinds.QUOTAS,
        default=None,
        help="What one project may have: `threads`, `messages`, `bytes` (of files) and `runs` (that are not over). "
        "`[quotas]` for every project, `[quotas.projects.NAME]` for one. 0, or nothing said, for no limit.",
    ),
    _row(
        "expired_keep_days",
        kinds.DAYS_OR_NEVER,
        0,
        "How long what has expired can still be used, in days after the end that is shown. `never`, or -1, removes "
        "nothing that expired.",
    ),
    _row("sweep_seconds", kinds.COUNT, 60, "Pause between two removals of what expired."),
    _row("poll_after_ms", kinds.COUNT_OR_NONE, 200, "How soon clients that poll are told to ask again."),
    _row(
        "strict_beta", kinds.SWITCH, "false", "Refuse Assistants calls without the header `OpenAI-Beta`, as OpenAI did."
    ),
    _row("log_level", kinds.LOG_LEVEL, "info", "`debug` (with every request), `info`, `warning` or `error`."),
    _row("log_format", kinds.LOG_FORMAT, "text", "`text` (key=value) or `json`; one line per record, on stderr."),
    _row("drain_seconds", kinds.COUNT_OR_NONE, 10, "How long a stopping server waits for what is in flight."),
    _row(
        "grpc_address",
        kinds.TEXT,
        None,
        "Where gRPC clients reach this server, as `host:port`, if not at host and gRPC port: they ask and are told.",
    ),
    _row(
        "grpc_cert", kinds.FILE, None, "Certificate for gRPC, in PEM with its chain. With it, gRPC is served over TLS."
    ),
    _row("grpc_key", kinds.FILE, None, "Key of that certificate, in PEM."),
    _row(
        "http_cert", kinds.FILE, None, "Certificate for HTTP, in PEM with its chain. With it, HTTP is served over TLS."
    ),
    _row("http_key", kinds.FILE, None, "Key of that certificate, in PEM."),
    _row(
        "yandex_json",
        kinds.YANDEX_JSON,
        "camel",
        "How answers of Yandex's REST API look: `camel` as documented, `snake` as the hosted front wrote them.",
    ),
    _row(
        "yandex_bytes_max",
        kinds.BYTES,
        "192MiB",
        "Largest request of a Yandex client. A file comes in one, over REST in base64.",
    ),
    _row("public_url", kinds.URL, None, "Where clients reach this server, if not at host and port."),
)


PAIRS: Final = (("grpc_cert", "grpc_key"), ("http_cert", "http_key"))
"""Settings that are of no use without the other."""

_UNSAID: Final[dict[str, object]] = {"models": (), "quotas": Quotas()}
"""What the settings without a default are where nobody says anything, if not None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process, each named as in the table."""

    host: str
    port: int
    grpc_port: int
    data: Path
    database: Path | None
    model_url: str | None
    model_key: str | None = field(repr=False)
    model_name: str | None
    models: tuple[ModelConfig, ...]
    local_model: LocalModelChoice | None
    open: bool
    project: str
    run_seconds: int
    runs_at_once: int
    body_bytes_max: int
    file_bytes_max: int
    part_bytes_max: int
    upload_bytes_max: int
    thread_entries_max: int
    request_seconds: int
    answer_seconds: int
    connections_max: int
    bodies_bytes_max: int
    answers_bytes_max: int
    quotas: Quotas
    expired_keep_days: int | None
    sweep_seconds: int
    poll_after_ms: int
    strict_beta: bool
    log_level: str
    log_format: str
    drain_seconds: int
    grpc_address: str | None
    grpc_cert: Path | None
    grpc_key: Path | None
    http_cert: Path | None
    http_key: Path | None
    yandex_json: str
    yandex_bytes_max: int
    public_url: str | None

    @property
    def database_file(self) -> Path:
        """The SQLite file."""
        return self.database or self.data / "clew.db"

    @property
    def blobs_folder(self) -> Path:
        """Where the bytes of files live."""
        return self.data / "blobs"

    @property
    def default_model(self) -> ModelConfig | None:
        """The server for model names that no `[[models]]` table matches, where one is set."""
        if self.model_url is None:
            return None
        return ModelConfig(pattern="*", base_url=self.model_url, api_key=self.model_key, name=self.model_name)


def read(
    flags: Mapping[str, object], environment: Mapping[str, str], *, config: Path | None = None, folder: Path = Path()
) -> Settings:
    """The settings: from `flags` (by setting name), else the environment, else the file, else the defaults.

    The file is `config`, or `clew.toml` in `folder` where there is one. Raises `SettingsProblem`.
    """
    file = config or folder / CONFIG_FILE
    table = _table_of(file, must_exist=config is not None)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        # The first place that says something decides; what it overrules is not even read.
        source, value = next(_said(setting, flags, environment, table, file), ("the default", setting.default))
        values[setting.name] = _parsed(setting, value, source)
        if setting.name == "database" and source != "the default" and _is_unsaid("data", flags, environment, table):
            values["data"] = values["database"].parent
    for one, other in PAIRS:
        if (values[one] is None) != (values[other] is None):
            said, unsaid = (one, other) if values[other] is None else (other, one)
            raise SettingsProblem(f"{said} is set and {unsaid} is not: TLS needs both")
    return Settings(**values)


def _said(
    setting: Setting,
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    table: Mapping[str, object],
    file: Path,
) -> Iterator[tuple[str, object]]:
    """Each place that says something about the setting, the strongest first, with what it says."""
    if setting.flag and flags.get(setting.name) is not None:
        yield setting.flag, flags[setting.name]
    # Empty is unset: `CLEW_MODEL_KEY=${KEY}` in a compose file passes an empty value on where there is none.
    if setting.env and environment.get(setting.env):
        yield setting.env, environment[setting.env]
    if setting.key in table:
        yield f"{setting.key} in {file}", table[setting.key]


def _is_unsaid(
    name: str, flags: Mapping[str, object], environment: Mapping[str, str], table: Mapping[str, object]
) -> bool:
    setting = next(setting for setting in SETTINGS if setting.name == name)
    return next(_said(setting, flags, environment, table, Path()), None) is None


def _parsed(setting: Setting, value: object, source: str) -> object:
    if value is None:
        return _UNSAID.get(setting.name)
    try:
        return setting.kind.parse(value)
    except ValueError as error:
        shown = "" if setting.kind.is_secret else f" ({kinds.shown(value)})"
        raise SettingsProblem(f"{source}{shown}: {error}") from error


def _table_of(file: Path, *, must_exist: bool) -> dict[str, object]:
    try:
        table: dict[str, object] = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        if must_exist:
            raise SettingsProblem(f"--config: there is no file {file}") from error
        return {}
    except OSError as error:
        raise SettingsProblem(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise SettingsProblem(f"{file} is not TOML: {error}") from error
    known = [setting.key for setting in SETTINGS]
    for key in table:
        if key not in known:
            raise SettingsProblem(f"{file}: there is no setting {key!r}{_nearest(key, known)}")
    return table


def _nearest(word: str, known: list[str]) -> str:
    close = get_close_matches(word.replace("-", "_"), known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _default_shown(setting: Setting) -> str:
    return "" if setting.default is None else str(setting.default)


def as_markdown() -> str:
    """The table as the README shows it."""
    rows: list[tuple[str, ...]] = [
        (f"in `{CONFIG_FILE}`", "flag", "environment", "default", "what it is"),
        ("---",) * 5,
    ]
    for setting in SETTINGS:
        names = (setting.key, setting.flag, setting.env, _default_shown(setting))
        rows.append((*(f"`{name}`" if name else "" for name in names), setting.help))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def as_help() -> str:
    """The table as `clew serve --help` shows it."""
    lines = [
        f"settings, each as a flag, in the environment, or as a key of {CONFIG_FILE} (the first that is given counts):"
    ]
    for setting in SETTINGS:
        flag = f"{setting.flag} {setting.kind.metavar}".strip() if setting.flag else setting.kind.metavar
        default = _default_shown(setting)
        lines += [
            f"  {flag}",
            f"      {setting.help.replace('`', '')}",
            "      " + ", ".join(filter(None, (setting.env, setting.key, f"default {default}" if default else ""))),
        ]
    return "\n".join(lines)
