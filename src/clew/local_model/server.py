"""The child process of the local model: one GGUF file behind llama.cpp's own server, on loopback, on one thread.

It reads one line of JSON from its standard input (`gguf`, `api_key`, `parent`), answers one on its standard output
(`url` and `context_tokens`, or `error`), and ends with the end of its input, which is the end of its parent. It
imports nothing of ours, so that it starts fast and holds little.
"""

from __future__ import annotations

import ctypes
import http.client
import importlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

_PR_SET_PDEATHSIG: Final = 1
_CONTEXT_TOKENS_MAX: Final = 8192
"""SmolLM2's whole window; 180 MB with that model, and more with larger ones, so that more is not taken unasked."""
_ANSWER_TOKENS_MAX: Final = 2048
"""A small model that has lost the thread repeats itself until its window is full; nobody else is answered meanwhile."""
_ERRORS_ONLY: Final = 1


def main() -> None:
    """Serves until the parent is gone."""
    report = _take_stdout()
    order = json.loads(sys.stdin.buffer.readline())
    _die_with(order["parent"])
    threading.Thread(target=_watch_stdin, daemon=True).start()
    try:
        # Late, so that the parent's death is watched while a hundred megabytes of library are read; it has no types.
        xllamacpp: Any = importlib.import_module("xllamacpp")
        server = xllamacpp.Server(_params(xllamacpp, order["gguf"], order["api_key"]))
        url: str = server.listening_address
        context_tokens = _context_tokens(url, order["api_key"])
    except Exception as error:  # noqa: BLE001 (whatever it is, the parent reports it)
        _say(report, {"error": str(error)})
        os._exit(1)
    _say(report, {"url": url, "context_tokens": context_tokens})
    threading.Event().wait()  # `server` works on threads of its own, as long as it is referenced here


def _take_stdout() -> IO[bytes]:
    """Standard output for our one line; what native code prints goes nowhere."""
    report = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return report


def _say(report: IO[bytes], line: dict[str, Any]) -> None:
    report.write(json.dumps(line).encode() + b"\n")
    report.close()


def _die_with(parent: int) -> None:
    """On Linux the kernel ends us with our parent, even in the middle of native code. Elsewhere the pipe has to do."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(0)


def _watch_stdin() -> None:
    sys.stdin.buffer.read()
    os._exit(0)  # there is nothing to save, and unloading a model takes time


def _params(xllamacpp: Any, gguf: str, api_key: str) -> Any:  # noqa: ANN401 (the package has no types)
    params = xllamacpp.CommonParams()
    params.model.path = gguf
    params.model_alias = {Path(gguf).stem}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [api_key]
    params.offline = True
    params.ui = False
    params.endpoint_slots = False  # shows prompts
    params.verbosity = _ERRORS_ONLY
    # A second thread on a machine with something else to do makes it many times slower, not faster.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_threads_http = 4
    params.n_parallel = 1
    params.n_ctx = _CONTEXT_TOKENS_MAX
    params.n_predict = _ANSWER_TOKENS_MAX
    params.cache_ram_mib = 0  # otherwise up to 8 GB of old prompts
    params.sampling.temp = 0.2  # what SmolLM2's makers recommend; an ask may say otherwise
    params.sampling.top_p = 0.9
    return params


def _context_tokens(url: str, api_key: str) -> int | None:
    """The window that was really opened: a model may have a smaller one than we ask for."""
    # Not urllib: it would go through a proxy named in the environment.
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {api_key}"})
    models = json.loads(connection.getresponse().read())
    connection.close()
    window = models["data"][0].get("meta", {}).get("n_ctx")
    return window if isinstance(window, int) else None


if __name__ == "__main__":
    main()
