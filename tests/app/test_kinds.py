"""What the values of settings may look like."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.app import kinds
from clew.domain.quota import Quota, Quotas


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (kinds.PORT, 0, 0),
        (kinds.PORT, "65535", 65535),
        (kinds.COUNT, "007", 7),
        (kinds.COUNT_OR_NONE, 0, 0),
        (kinds.DAYS_OR_NEVER, "3", 3),
        (kinds.DAYS_OR_NEVER, "Never", None),
        (kinds.DAYS_OR_NEVER, -1, None),
        (kinds.BYTES, 10, 10),
        (kinds.BYTES, "64KiB", 65536),
        (kinds.BYTES, "2 GiB", 2 * 1024**3),
        (kinds.SWITCH, "On", True),
        (kinds.SWITCH, False, False),
        (kinds.LOG_LEVEL, "DEBUG", "debug"),
        (kinds.URL, "https://h:1/v1/", "https://h:1/v1"),
        (kinds.URL, "http://[::1]:1/v1", "http://[::1]:1/v1"),
        (kinds.DATABASE, "sqlite:///a/b.db", Path("a/b.db")),
        (kinds.DATABASE, "sqlite:////a/b.db", Path("/a/b.db")),
        (kinds.LOCAL_MODEL, "off", None),
        (kinds.QUOTAS, {}, Quotas()),
        (kinds.QUOTAS, {"threads": 5, "bytes": "1GiB"}, Quotas(usual=Quota(threads=5, bytes=2**30))),
        (
            kinds.QUOTAS,
            {"threads": 5, "runs": 2, "projects": {"a": {"threads": 0, "messages": 7}}},
            Quotas(usual=Quota(threads=5, runs=2), by_project={"a": Quota(messages=7, runs=2)}),
        ),
    ],
)
def test_a_value_is_taken_as_it_was_written(kind: kinds.Kind, written: object, value: object):
    assert kind.parse(written) == value


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        *((kinds.TEXT, wrong) for wrong in ("", " ", "a\nb", 1, [])),
        *((kinds.PORT, wrong) for wrong in (-1, 65536, "-1", "8400.0", 84.0, True, None, [])),
        *((kinds.COUNT, wrong) for wrong in (0, "0", 1.5, "1e3", "٣", True)),
        *((kinds.DAYS_OR_NEVER, wrong) for wrong in (-2, "-2", "", "soon", 1.5, True)),
        *((kinds.BYTES, wrong) for wrong in (0, -1, "16MB", "16 mib", "1.5GiB", "", True)),
        *((kinds.SWITCH, wrong) for wrong in ("", "2", 2, None, [])),
        *((kinds.URL, wrong) for wrong in ("h", "ftp://h", "http://", "http://h:x", "http://h/?a", "http://h/a b")),
        *((kinds.URL, wrong) for wrong in ("http://u@h", "http://u:p@h", "http://[::1", 1)),
        *((kinds.DATABASE, wrong) for wrong in ("clew.db", "sqlite://clew.db", "sqlite:///", "sqlite:///a/")),
        *((kinds.DATABASE, wrong) for wrong in ("sqlite:///:memory:", "sqlite:///a?mode=ro", "postgres://h/d", 1)),
        *((kinds.QUOTAS, wrong) for wrong in (5, [], "threads")),
        *((kinds.LOCAL_MODEL, wrong) for wrong in ("\n", "")),
    ],
)
def test_anything_else_is_refused(kind: kinds.Kind, written: object):
    with pytest.raises(ValueError, match=r"^(not|neither|PostgreSQL|a URL here)"):
        kind.parse(written)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ({"thread": 5}, "[quotas] has no 'thread'; there are threads, messages, bytes, runs"),
        ({"threads": -1}, "threads of [quotas] is not a whole number from 0 up"),
        ({"bytes": "much"}, "bytes of [quotas] is not a number of bytes such as 65536, 64KiB, 16MiB or 8GiB"),
        ({"projects": 5}, "projects of [quotas] is not made of tables"),
        ({"projects": {"a": 5}}, "[quotas.projects.a] is not a table"),
        ({"projects": {"a": {"runs": True}}}, "runs of [quotas.projects.a] is not a whole number from 0 up"),
    ],
)
def test_what_is_wrong_in_quotas_is_named_by_its_place(written: object, reason: str):
    with pytest.raises(ValueError, match="quotas") as refused:
        kinds.QUOTAS.parse(written)
    assert str(refused.value) == reason
