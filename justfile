# Every recipe runs through uv: `uv run just` needs nothing else on the machine.

set positional-arguments

# What CI runs
default: check test

# Whatever can be said without running the tests
check: lint types imports hosts pins protos docs

# Style and formatting
lint:
    uv run ruff check
    uv run ruff format --check

# mypy and pyright, both strict
types:
    uv run mypy
    uv run pyright

# Who may import whom
imports:
    uv run lint-imports --no-logo

# No file names a package index's host or a folder of one machine
hosts:
    uv run tools/hosts.py

# The pinned versions are the ones that pyproject.toml asks for
pins:
    uv run --no-project tools/pin.py --check

# What is made from the .proto files is current; `uv run tools/protos.py` makes it anew
protos:
    uv run tools/protos.py --check

# Links between the pages lead somewhere, and what is made from the code in them is current
docs:
    uv run tools/docs.py
    uv run tools/pages.py --check

# Fill in what is made from the code in the pages
pages:
    uv run tools/pages.py

# All tests; arguments go to pytest
test *arguments: clients
    uv run pytest "$@"

# The tests that need neither other clients nor the local model, and take no seconds each
test-fast *arguments:
    uv run pytest -m "not clients and not local and not slow" "$@"

# Mend what can be mended by itself
fix:
    uv run ruff check --fix
    uv run ruff format

# Start the server; arguments as for `clew serve`
serve *arguments:
    uv run clew serve "$@"

# Measure; arguments go to the benchmark
bench *arguments:
    uv run python -m bench "$@"

# Kill the server again and again while many write to it; arguments go to the campaign
kill *arguments:
    uv run python -m bench.kill "$@"

# Whether order holds: 100,000 appends by many writers, walked through meanwhile; arguments go to the check
order *arguments:
    uv run python -m bench.order "$@"

# Send requests made from the published description: `--seconds N`, `--seed N`
fuzz *arguments:
    PYTHONPATH=tests uv run python -m fuzz "$@"

# Prepare the other clients that the tests speak with
clients:
    uv run tools/client_environments.py

# Write the exact versions down anew; --upgrade moves them all
pin *arguments:
    uv run --no-project tools/pin.py "$@"
