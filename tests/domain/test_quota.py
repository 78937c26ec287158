"""Which quota a project has."""

from clew.domain.quota import Quota, Quotas


def test_without_a_word_nothing_limits_a_project():
    assert Quotas().of("any") is None
    assert not Quotas().are_counted


def test_a_project_has_its_own_quota_else_the_usual_one():
    quotas = Quotas(usual=Quota(threads=1), by_project={"large": Quota(threads=9), "free": Quota()})
    assert quotas.of("any") == Quota(threads=1)
    assert quotas.of("large") == Quota(threads=9)
    assert quotas.of("free") is None


def test_a_quota_of_runs_alone_needs_no_counting():
    assert not Quota(runs=1).is_counted
    assert not Quotas(by_project={"one": Quota(runs=1)}).are_counted
    assert Quotas(by_project={"one": Quota(bytes=1)}).are_counted
