"""A program over a disk whose syncs take longer, as real disks' do: python -m bench.slow_disk MILLISECONDS MODULE ...

Every sync of a database file or its log first waits so long, without the interpreter, and then is done for real. With
0 milliseconds what stands between SQLite and the disk costs what it costs, so that this can be measured too.
"""

from __future__ import annotations

import runpy
import sys
import time

import apsw


class SlowFile(apsw.VFSFile):
    """A file whose sync takes so much longer."""

    def __init__(self, real: str, name: str | apsw.URIFilename | None, flags: list[int], seconds: float) -> None:
        super().__init__(real, name, flags)
        self._seconds = seconds

    def xSync(self, flags: int) -> None:  # noqa: N802 (SQLite's name)
        time.sleep(self._seconds)
        super().xSync(flags)


class SlowDisk(apsw.VFS):
    """The machine's own files, but for their syncs."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._real = apsw.vfs_names()[0]
        super().__init__("slow", self._real, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> SlowFile:  # noqa: N802 (SQLite's name)
        return SlowFile(self._real, name, flags, self._seconds)


def main() -> None:
    """Run the module over the slow disk."""
    _, milliseconds, module, *arguments = sys.argv
    disk = SlowDisk(float(milliseconds) / 1000)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    disk.unregister()


if __name__ == "__main__":
    main()
