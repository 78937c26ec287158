"""Says which links between the project's own pages lead nowhere: a file that is not there, a heading that is not in it.

Links to other sites are left alone: a check that needs the network fails for reasons of its own. Run it as `just docs`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from hosts import files

ROOT: Final = Path(__file__).resolve().parent.parent

LINK: Final = re.compile(r"(?<!\\)\[[^\]\[]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
FENCE: Final = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.MULTILINE | re.DOTALL)
CODE: Final = re.compile(r"`[^`\n]+`")
ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def anchors(page: str) -> set[str]:
    """What may stand behind `#` in a link to the page: its headings, as code hosts turn them into names."""
    names: set[str] = set()
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", FENCE.sub("", page), re.MULTILINE):
        text = LINK.sub(lambda link: link.group().partition("]")[0].removeprefix("["), heading).lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        names.add(next(n for i in range(len(names) + 1) if (n := f"{name}-{i}" if i else name) not in names))
    return names | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", page))


def broken(path: Path, page: str) -> list[str]:
    """The links of the page that lead nowhere, as written."""
    targets: list[str] = LINK.findall(CODE.sub("", FENCE.sub("", page)))
    return [target for target in targets if not ELSEWHERE.match(target) and not leads(path, target)]


def leads(path: Path, target: str) -> bool:
    """Whether the link, standing in the file at `path`, leads to a file, and to a heading where it names one."""
    name, _, anchor = unquote(target).partition("#")
    to = path.parent / name if name else path
    if not to.exists():
        return False
    return not anchor or to.suffix != ".md" or anchor in anchors(to.read_text())


def main(root: Path = ROOT) -> int:
    """Prints the broken links. The answer is the exit status: 1 where there are any."""
    found = [
        f"{path.relative_to(root).as_posix()}: {target}"
        for path in files(root)
        if path.suffix == ".md"
        for target in broken(path, path.read_text())
    ]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
