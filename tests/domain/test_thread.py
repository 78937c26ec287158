"""A thread's activity, and the end that moves with it or does not."""

import pytest

from clew.domain.expiration import SECOND, Expiration, Policy
from clew.domain.noun import replace
from clew.domain.thread import Thread, active, expiring

PLAIN = Thread(project_id="ours", id="thread_a", created_at=0, updated_at=0, last_active_at=0)
STATIC = Expiration(policy=Policy.STATIC, ttl_seconds=10)
SINCE = Expiration(policy=Policy.SINCE_LAST_ACTIVE, ttl_seconds=10)


@pytest.mark.parametrize(
    ("expiration", "then"), [(None, None), (STATIC, 10 * SECOND), (SINCE, 15 * SECOND)], ids=["none", "static", "since"]
)
def test_activity_moves_the_end_only_of_what_lives_by_it(expiration, then):
    thread = active(expiring(replace(PLAIN, expiration=expiration)), now=5 * SECOND)
    assert (thread.last_active_at, thread.expires_at) == (5 * SECOND, then)


def test_activity_never_goes_back():
    thread = active(active(expiring(replace(PLAIN, expiration=SINCE)), now=5 * SECOND), now=SECOND)
    assert (thread.last_active_at, thread.expires_at) == (5 * SECOND, 15 * SECOND)


def test_activity_is_no_update():
    assert active(PLAIN, now=5).updated_at == 0


def test_an_expiration_that_was_taken_away_takes_the_end_with_it():
    assert expiring(replace(PLAIN, expires_at=99)).expires_at is None


def test_a_thread_whose_end_is_right_is_left_as_it_is():
    thread = expiring(replace(PLAIN, expiration=STATIC))
    assert expiring(thread) is thread
