"""Requests that nobody thought of: never a 5xx, never an answer that the published description does not know."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz.walk import STEPS, Site, Walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WALKS = 80
"""A quarter of a minute of them on an idle machine. `just fuzz` walks on for as long as one likes."""
WARM = 20
"""Walks after which every path has been taken and every cache has its size."""
GROWTH_PER_REQUEST_MAX = 4096
"""Bytes. Ten thousand requests were measured to leave 40 bytes each, which is the store's page cache filling up. One
request that is held on to, with its headers, its body and its answer, weighs more than 4 KiB."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """After all the walks: the same ones every time, so that a red build is red again."""
    with Site(tmp_path_factory.mktemp("site")) as site:
        yield site


def walk(site, data):
    way = Walk(site, data)
    way.begin()
    for _ in range(STEPS):
        way.step()


def walks(site, count):
    walking = settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    walking(given(data=st.data())(lambda data: walk(site, data)))()


def test_every_answer_is_one_that_the_description_knows(site):
    walks(site, WARM)
    requests, memory = site.requests, site.server.memory_bytes
    walks(site, WALKS)
    assert site.server.is_running
    assert "request req_" not in site.server.errors, "the log tells of a bug that no answer showed"
    assert site.server.memory_bytes - memory < GROWTH_PER_REQUEST_MAX * (site.requests - requests)
    reached = {name for name, status in site.counts if status == 200}
    assert reached == set(site.senders), "an operation was never done, only refused"
