"""What programs do with the Yandex clients: one table of small checks, for any version of them.

    python -m clients.yandex 127.0.0.1:8401 [--asynchronous] [--package yandex_ai_studio_sdk]

prints a line of JSON for each check, `{"check": …, "problem": null}` or with the traceback.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import uuid
from importlib import import_module
from typing import Any

from clients.yandex.checks import CHECKS
from clients.yandex.desk import Desk, problem_of

FORMS = {
    "yandex_cloud_ml_sdk": ("YCloudML", "AsyncYCloudML"),
    "yandex_ai_studio_sdk": ("AIStudio", "AsyncAIStudio"),
}


def main() -> None:
    """Run all checks."""
    parser = argparse.ArgumentParser(description="Checks a server with a Yandex client.")
    parser.add_argument("endpoint")
    parser.add_argument("--asynchronous", action="store_true")
    parser.add_argument("--package", default="yandex_cloud_ml_sdk", choices=FORMS)
    asked = parser.parse_args()
    form: Any = getattr(import_module(asked.package), FORMS[asked.package][asked.asynchronous])

    async def all_checks() -> None:
        for name, function in CHECKS.items():
            folder = f"folder-{uuid.uuid4().hex[:12]}"  # lists show what its check has made, and nothing else
            sdk = form(folder_id=folder, auth="any", endpoint=asked.endpoint, verify=False)
            desk = Desk(sdk=sdk, folder=folder, package=asked.package, is_async=asked.asynchronous)
            result = {"check": name, "problem": await problem_of(function, desk)}
            sys.stdout.write(json.dumps(result) + "\n")
            sys.stdout.flush()
        # Not by way of the loop's own end. To answer a run's functions, the asynchronous clients begin a call that they
        # neither read to its end nor close; with the gRPC of today, a loop that ends waits for such a call for ever.
        os._exit(0)

    asyncio.run(all_checks())


if __name__ == "__main__":
    main()
