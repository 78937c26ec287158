"""Times: read generously, shown to the millisecond."""

import pytest

from clew.dialects.literal import times

NOON = 1_702_555_200_123_456


@pytest.mark.parametrize(
    "text",
    [
        "2023-12-14T12:00:00.123456Z",
        "2023-12-14T12:00:00.123456+00:00",
        "2023-12-14T12:00:00.123456",
        "2023-12-14T13:00:00.123456+01:00",
        " 2023-12-14 12:00:00.123456 ",
    ],
)
def test_zones_and_their_absence_are_read(text):
    assert times.read(text) == NOON


def test_a_date_is_its_midnight():
    assert times.shown(times.read("2023-12-14")) == "2023-12-14T00:00:00.000Z"


def test_what_is_shown_is_cut_off_after_its_milliseconds():
    assert times.shown(NOON) == "2023-12-14T12:00:00.123Z"
    assert times.shown(None) is None


def test_a_time_before_1970_is_cut_off_the_same_way():
    assert times.shown(times.read("1969-12-31T23:59:59.999900Z")) == "1969-12-31T23:59:59.999Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2023-13-01", "12:00"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        times.read(text)
