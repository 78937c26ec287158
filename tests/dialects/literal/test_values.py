"""Scalars: what each may be."""

import pytest

from clew.dialects.literal.values import SCALARS, Unreadable, step_type

GOOD = [
    ("String", "a\0b", "ab"),
    ("ID", 12, "12"),
    ("Int", 3.0, 3),
    ("Float", 1, 1.0),
    ("Boolean", True, True),
    ("DateTime", "1970-01-01T00:00:00.001Z", 1000),
    ("Json", [None, {}], [None, {}]),
    ("GenerationPayloadInput", {"whatever": 1}, {"whatever": 1}),
]
BAD = [
    ("String", 1),
    ("ID", True),
    ("Int", True),
    ("Int", 2.5),
    ("Int", 2**31),
    ("Float", "1"),
    ("Float", False),
    ("Float", float("inf")),
    ("Float", 10**400),
    ("Boolean", 1),
    ("DateTime", 5),
    ("DateTime", "soon"),
    ("DateTime", "0001-01-01T00:00:00+23:00"),
    ("ScorePayloadInput", []),
]


@pytest.mark.parametrize(("name", "sent", "read"), GOOD)
def test_what_fits_is_read(name, sent, read):
    assert SCALARS[name](sent) == read


@pytest.mark.parametrize(("name", "sent"), BAD)
def test_what_does_not_fit_is_refused(name, sent):
    with pytest.raises(Unreadable):
        SCALARS[name](sent)


def test_a_type_of_step_that_nobody_knows_is_no_reason_to_lose_a_step():
    assert step_type("parade") == "parade"
