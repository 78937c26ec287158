"""What a client may cost; clients that ask too much are in faults/test_clients.py, over real sockets."""

import resource
import sys

import httpx2
import pytest

from clew.app.connections import DESCRIPTORS_SPARE, Patience, connections_possible
from support.server import RunningServer
from support.sse import HEADERS, TIMEOUT_SECONDS


@pytest.fixture
def limit(monkeypatch):
    """The limit of open files, as a list of its two numbers."""
    numbers = [1024, 4096]
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(numbers))
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: numbers.__setitem__(slice(2), new))
    return numbers


def test_as_many_files_may_be_open_as_the_system_allows(limit):
    assert connections_possible() == 4096 - DESCRIPTORS_SPARE
    assert limit == [4096, 4096]


def test_where_there_is_no_limit_there_may_be_any_number(limit):
    limit[:] = [1024, resource.RLIM_INFINITY]
    assert connections_possible() == sys.maxsize


def test_files_do_not_count_as_bodies_because_they_are_never_whole_in_memory(tmp_path):
    patience = Patience(bodies_bytes_max=100_000)
    with RunningServer(tmp_path, patience=patience) as server:
        form = {"files": {"file": ("a.txt", b"x" * 1_000_000)}, "data": {"purpose": "assistants"}}
        answer = httpx2.post(f"{server.base_url}/files", headers=HEADERS, timeout=TIMEOUT_SECONDS, **form)
    assert (answer.status_code, answer.json()["bytes"]) == (200, 1_000_000)


def test_a_connection_is_used_for_many_large_requests(tmp_path):
    patience = Patience(bodies_bytes_max=1_500_000)
    with RunningServer(tmp_path, patience=patience) as server, httpx2.Client(headers=HEADERS) as http:
        for _ in range(3):
            answer = http.post(f"{server.base_url}/threads", content=b"{}".ljust(1_000_000))
            assert answer.status_code == 200
