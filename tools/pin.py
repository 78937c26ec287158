"""Writes down the exact versions that a clone runs with, or says that they are not current (`--check`).

Three places hold them: `requirements.lock` (with hashes, for pip and for reading), the constraints at the end of
`pyproject.toml` (so that `uv run` resolves the same without its own lock file, which would name the index's host), and
`tests/clients/*/*.txt` (one for each environment of a client that the tests speak with).

Run it after changing a dependency: `uv run --no-project tools/pin.py`. Versions move only where they must; `--upgrade`
moves all. The check needs no network.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Final

from client_environments import CLIENTS, pins_of

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = "requirements.lock"
PYPROJECT: Final = "pyproject.toml"

GENERATED: Final = ("build-constraint-dependencies", "constraint-dependencies")
GROUPS: Final = ("dev", "local")


def main() -> int:
    """Writes or checks, as the arguments say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail where something is not current")
    parser.add_argument("--upgrade", action="store_true", help="move every version to the newest that is allowed")
    arguments = parser.parse_args()
    return check() if arguments.check else write(upgrade=arguments.upgrade)


def write(*, upgrade: bool) -> int:
    """Resolves everything anew and writes it down."""
    pyproject = (ROOT / PYPROJECT).read_text()
    with tempfile.TemporaryDirectory() as folder:
        bench = Path(folder)
        # The old pins must not bind the new ones; as the output's previous content they are preferred, no more.
        bench.joinpath(PYPROJECT).write_text(with_pins(pyproject, {name: [] for name in GENERATED}))
        resolve = Resolver(bench, upgrade=upgrade)
        groups = [option for group in GROUPS for option in ("--group", group)]
        lock = resolve(ROOT / LOCK, [PYPROJECT, "--all-extras", *groups])
        build = resolve(None, ["-"], tomllib.loads(pyproject)["build-system"]["requires"])
        pins = {"build-constraint-dependencies": pinned(build), "constraint-dependencies": pinned(lock)}
        for name, client in CLIENTS.items():
            written = ROOT / pins_of(name)
            written.parent.mkdir(parents=True, exist_ok=True)
            written.write_text(resolve(written, ["-"], list(client.requirements)))
    (ROOT / LOCK).write_text(f"# Written by tools/pin.py for the inputs {digest(pyproject)}\n{lock}")
    (ROOT / PYPROJECT).write_text(with_pins(pyproject, pins))
    print(f"{len(pinned(lock))} packages pinned")
    return 0


def check() -> int:
    """Compares what is written down with what `pyproject.toml` asks for, and says every difference."""
    pyproject = (ROOT / PYPROJECT).read_text()
    wrong = list(complaints(pyproject, read(ROOT / LOCK)))
    wrong += [
        f"{pins_of(name)} does not pin {requirement}"
        for name, client in CLIENTS.items()
        for requirement in client.requirements
        if requirement not in pinned(read(ROOT / pins_of(name)))
    ]
    for line in wrong:
        print(line)
    if wrong:
        print("Run `uv run --no-project tools/pin.py`.")
    return 1 if wrong else 0


def complaints(pyproject: str, lock: str) -> list[str]:
    """How the lock and the constraints disagree with the inputs and with each other."""
    said: list[str] = []
    if digest(pyproject) not in lock.partition("\n")[0]:
        said.append(f"{LOCK} was made for other dependencies than {PYPROJECT} has")
    constraints = tomllib.loads(pyproject)["tool"]["uv"]["constraint-dependencies"]
    said += [f"{line}: not the same in {LOCK} and in the constraints" for line in {*pinned(lock)} ^ {*constraints}]
    return sorted(said)


class Resolver:
    """uv, resolving for every platform and supported Python at once."""

    def __init__(self, bench: Path, *, upgrade: bool) -> None:
        self._bench = bench
        self._options = ["--upgrade"] if upgrade else []

    def __call__(self, previous: Path | None, inputs: list[str], requirements: list[str] | None = None) -> str:
        """The pins for the inputs (`-`: for the requirements), kept near the previous ones."""
        output = self._bench / "resolved.txt"
        output.unlink(missing_ok=True)
        if previous is not None and previous.exists():
            shutil.copy(previous, output)
        subprocess.run(
            [
                *(os.environ.get("UV", "uv"), "pip", "compile", "--quiet", *inputs, *self._options),
                *("--universal", "--python-version", oldest(self._bench), "--generate-hashes"),
                *("--no-header", "--no-annotate", "--output-file", output.name),
            ],
            cwd=self._bench,
            check=True,
            input="\n".join(requirements or ()),
            text=True,
            stdout=subprocess.DEVNULL,
        )
        return output.read_text()


def oldest(bench: Path) -> str:
    """The oldest Python that the project supports."""
    requires: str = tomllib.loads((bench / PYPROJECT).read_text())["project"]["requires-python"]
    return requires.removeprefix(">=")


def pinned(lock: str) -> list[str]:
    """The `name==version ; marker` lines of a lock, without their hashes."""
    return [line.removesuffix("\\").strip() for line in lock.splitlines() if re.match(r"\w[^ ]*==", line)]


def digest(pyproject: str) -> str:
    """A short name for everything in `pyproject.toml` that a resolution depends on."""
    content: dict[str, Any] = tomllib.loads(pyproject)
    inputs = [
        content["build-system"]["requires"],
        *(content["project"].get(key) for key in ("requires-python", "dependencies", "optional-dependencies")),
        content.get("dependency-groups"),
        content["tool"]["uv"].get("exclude-dependencies"),
    ]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


def with_pins(pyproject: str, pins: dict[str, list[str]]) -> str:
    """The same text with other pins in the generated lists."""
    for name, lines in pins.items():
        block = "".join(f"    {json.dumps(line)},\n" for line in lines)
        pyproject, count = re.subn(
            rf"^{name} = \[\n.*?^\]\n",
            lambda _, name=name, block=block: f"{name} = [\n{block}]\n",  # type: ignore[misc]
            pyproject,
            flags=re.MULTILINE | re.DOTALL,
        )
        if count != 1:
            raise SystemExit(f"{PYPROJECT} should hold the list {name} once, holds it {count} times")
    return pyproject


def read(path: Path) -> str:
    """The file's text, empty where there is no file."""
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
