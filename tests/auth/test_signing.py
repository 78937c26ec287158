"""Signed tokens: good for what they were made for, and for nothing else."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.auth.signing import Ticket, check, sign

SECRET = bytes(range(32))
TICKET = Ticket("p", "file-1", 1000)
TOKEN = sign(SECRET, "download", TICKET)


def test_a_token_opens_until_its_end() -> None:
    assert [check(SECRET, "download", TOKEN, now=now) for now in (0, 999, 1000)] == [TICKET, TICKET, None]


def test_a_token_is_no_good_for_another_purpose_or_store() -> None:
    assert check(SECRET, "upload", TOKEN, now=0) is None
    assert check(bytes(32), "download", TOKEN, now=0) is None


def test_another_thing_with_the_same_mark_is_refused() -> None:
    other = sign(SECRET, "download", TICKET._replace(id="file-2"))
    assert check(SECRET, "download", other.partition(".")[0] + "." + TOKEN.partition(".")[2], now=0) is None


@pytest.mark.parametrize("place", range(len(TOKEN)))
def test_a_token_that_differs_in_one_letter_is_refused(place: int) -> None:
    letter = "A" if TOKEN[place] != "A" else "B"
    assert check(SECRET, "download", TOKEN[:place] + letter + TOKEN[place + 1 :], now=0) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "a.b",
        TOKEN + "=",
        TOKEN + ".",
        " " + TOKEN,
        TOKEN.partition(".")[0],
        "é.é",
        "\udcff",
        "W10.",
        "bnVsbA.",
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert check(SECRET, "download", token, now=0) is None


@pytest.mark.parametrize("said", [b'["p","file-1",1000,1]', b'["p","file-1","1000"]', b'{"a":1}', b"\xff", b"[" * 5000])
def test_whatever_it_says_is_refused_without_the_mark(said: bytes) -> None:
    assert check(SECRET, "download", urlsafe_b64encode(said).decode() + ".AAAA", now=0) is None


@given(st.text(), st.text(), st.integers(1, 2**53), st.text())
def test_any_ticket_is_read_back(project_id: str, id: str, expires_at: int, purpose: str) -> None:  # noqa: A002
    ticket = Ticket(project_id, id, expires_at)
    token = sign(SECRET, purpose, ticket)
    assert check(SECRET, purpose, token, now=0) == ticket
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
