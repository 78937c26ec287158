"""Says where a tracked file names a package index's host, or a folder that exists on one machine only.

Hosts are a matter of each machine's own configuration: a clone must work behind any mirror. The names are put together
here from their parts, so that this file passes its own check. Run it as `just hosts`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent

HOSTS: Final = (
    ("pypi", "org"),
    ("python" + "hosted", "org"),
    ("registry", "npmjs", "org"),
    ("registry", "yarnpkg", "com"),
    ("deb", "debian", "org"),
    ("security", "debian", "org"),
    ("archive", "ubuntu", "com"),
)

# First folders under which machines keep what is theirs. `/tmp/…` and `/var/…` exist everywhere and are allowed.
FOLDERS: Final = ("farm", "home", "root", "work", "Users")


class Finding(NamedTuple):
    """A place that should not be there. `what` is the text that was found."""

    path: str
    line: int
    what: str


def forbidden() -> re.Pattern[str]:
    """What no file may hold. A folder counts where it starts a path: `a/home/b` and `https://x.org/home/` are none.

    Nor is `/users/v1`, where an API begins.
    """
    hosts = "|".join(r"\.".join(parts) for parts in HOSTS)
    folders = "|".join(FOLDERS)
    return re.compile(rf"(?:{hosts})|(?<![\w.\-/~}}>)])/(?:{folders})/(?!v1\b)[\w.\-]+", re.IGNORECASE)


def findings(path: str, text: str) -> list[Finding]:
    """Every forbidden text in the file, in order."""
    pattern = forbidden()
    return [
        Finding(path, number, found.group())
        for number, line in enumerate(text.splitlines(), start=1)
        for found in pattern.finditer(line)
    ]


def files(root: Path) -> list[Path]:
    """What is tracked, and what would be with the next `git add`, so that a finding comes before the commit."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 (whichever git is in use)
        cwd=root,
        check=True,
        capture_output=True,
    ).stdout.decode()
    paths = (root / name for name in listing.split("\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def read(path: Path) -> str:
    """The file's text, and whatever of a binary file can be read as such."""
    return path.read_bytes().decode("utf-8", errors="replace")


def main(root: Path = ROOT) -> int:
    """Prints the findings. The answer is the exit status: 1 where there are any."""
    found = [finding for path in files(root) for finding in findings(path.relative_to(root).as_posix(), read(path))]
    for path, line, what in found:
        print(f"{path}:{line}: {what}")
    if found:
        print(f"{len(found)} place(s) name a package index's host or one machine's folder.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
