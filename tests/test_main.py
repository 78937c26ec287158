import os
import subprocess
import sys
from pathlib import Path

import clew


def test_the_package_runs_as_the_command():
    environment = os.environ | {"PYTHONPATH": str(Path(clew.__file__).parents[1])}
    command = [sys.executable, "-m", "clew", "--version"]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert done.stdout == f"clew {clew.__version__}\n"
