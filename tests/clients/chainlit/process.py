"""`chainlit run` as users start it, in an environment that holds nothing else, on a port that it chooses."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from pathlib import Path
from typing import Final, Self

APP: Final = Path(__file__).parent / "app.py"
_SERVING: Final = re.compile(r"Uvicorn running on (http://\S+)")


class ChainlitProcess:
    """`with ChainlitProcess(folder, python, server_url) as app:` serves the app, whose history is with the server."""

    def __init__(self, folder: Path, python: str, server_url: str) -> None:
        self._folder = folder
        # -d, because without it nobody says which port was taken; and because it asks the server for its project.
        self._command = [python, "-m", "chainlit", "run", str(APP), "--headless", "-d", "--port", "0"]
        self._environment = {
            **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "SSL_CERT_FILE"}},
            "CHAINLIT_APP_ROOT": str(folder),
            "CHAINLIT_AUTH_SECRET": "a secret of more than thirty-two letters",
            "LITERAL_API_KEY": "any",
            "LITERAL_API_URL": server_url,
            "PYTHONUNBUFFERED": "1",
            # The client reads all of the machine's certificates for every request, and speaks to nobody who has one.
            "SSL_CERT_DIR": str(folder),
        }
        self._said: list[str] = []
        self._settled = threading.Event()
        self.url = ""

    @property
    def log(self) -> str:
        """What it has said until now."""
        return "".join(self._said)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, name="chainlit-log")
        self._reader.start()
        self._settled.wait()
        if not self.url:
            raise RuntimeError(f"no app: {self.log}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()

    def _read(self) -> None:
        """Keep reading, or it would wait for us one day."""
        for line in self._process.stdout or ():
            self._said.append(line)
            if not self.url and (found := _SERVING.search(line)):
                self.url = found[1]
                self._settled.set()
        self._settled.set()
