"""Expiration: from when the time to live counts."""

import pytest

from clew.domain.expiration import DAY_SECONDS, SECOND, Expiration, Policy, expires_at

MADE, ACTIVE = 1_000 * SECOND, 5_000 * SECOND


@pytest.mark.parametrize(
    ("policy", "ends"),
    [(Policy.STATIC, MADE + 60 * SECOND), (Policy.SINCE_LAST_ACTIVE, ACTIVE + 60 * SECOND)],
)
def test_the_end_counts_from_creation_or_from_the_last_activity(policy, ends):
    expiration = Expiration(policy=policy, ttl_seconds=60)
    assert expires_at(expiration, created_at=MADE, last_active_at=ACTIVE) == ends


def test_what_has_no_expiration_never_ends():
    assert expires_at(None, created_at=MADE, last_active_at=ACTIVE) is None


def test_a_day_has_as_many_microseconds_as_a_day_has():
    ends = expires_at(Expiration(policy=Policy.STATIC, ttl_seconds=DAY_SECONDS), created_at=0, last_active_at=0)
    assert ends == 86_400_000_000
