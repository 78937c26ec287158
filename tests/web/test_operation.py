"""Rows of a table of operations."""

from __future__ import annotations

import pytest

from clew.domain.project import Scope
from clew.web.operation import delete, read, write


@pytest.mark.parametrize(
    ("make", "method", "need"), [(read, "GET", "read"), (write, "POST", "write"), (delete, "DELETE", "write")]
)
def test_the_verb_says_what_a_key_must_be_allowed(make, method, need):
    row = make("doThing", "/v1/things", why_not="nobody needs it")

    assert (row.method, row.need, row.handler, row.why_not) == (method, Scope(need), None, "nobody needs it")
