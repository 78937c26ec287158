"""The rules for a server without keys."""

from __future__ import annotations

import pytest

from clew.auth.openness import NotOpen, host_allowed, is_loopback, may_open, origin_allowed

PORT = 8400
EVERYWHERE = "0.0.0.0"  # noqa: S104 (nothing is bound)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "clew.localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]"]
)
def test_only_this_machine_reaches_a_loopback_host(host: str):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", EVERYWHERE, "::", "192.168.1.5", "128.0.0.1", "::2", "example.com", "localhost.example.com", "notlocalhost",
     "127.1", "0x7f.0.0.1", "2130706433", "127.0.0.1.example.com"],
)  # fmt: skip
def test_others_reach_any_other_host(host: str):
    assert not is_loopback(host)


def test_an_ipv4_loopback_address_written_as_ipv6_is_loopback():
    assert is_loopback("::ffff:127.0.0.1")
    assert not is_loopback("::ffff:192.168.1.5")


def test_a_server_without_keys_is_open_to_its_own_machine():
    assert may_open("127.0.0.1", keys_exist=False, openly_allowed=False)


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "", "192.168.1.5", "clew.example.com"])
def test_a_server_without_keys_does_not_start_where_others_reach_it(host: str):
    with pytest.raises(NotOpen, match=r"clew keys create.*--open"):
        may_open(host, keys_exist=False, openly_allowed=False)


def test_openness_can_be_asked_for_by_name():
    assert may_open(EVERYWHERE, keys_exist=False, openly_allowed=True)


@pytest.mark.parametrize("host", ["127.0.0.1", EVERYWHERE])
@pytest.mark.parametrize("openly_allowed", [False, True])
def test_a_server_with_a_key_asks_for_keys_whatever_else_was_said(host: str, openly_allowed: bool):  # noqa: FBT001
    assert not may_open(host, keys_exist=True, openly_allowed=openly_allowed)


@pytest.mark.parametrize(
    "header",
    ["localhost", "localhost:8400", "LocalHost:1", "app.localhost:8400", "127.0.0.1", "127.0.0.1:9000", "127.9.9.9",
     "[::1]", "[::1]:8400"],
)  # fmt: skip
def test_this_machines_names_are_good_hosts_on_any_port(header: str):
    assert host_allowed(header, "127.0.0.1", PORT)


@pytest.mark.parametrize(
    "header",
    [None, "", "example.com", "example.com:8400", "localhost.example.com", "127.0.0.1.example.com", "192.168.1.5:8400",
     "localhost@example.com", "example.com@localhost", "localhost:x", "localhost:99999", "localhost/..", "localhost#",
     "localhost?x", " localhost", "localhost ", "local\thost", "[::1", "::1", "localhost, example.com", "0.0.0.0:8400"],
)  # fmt: skip
def test_a_foreign_or_strange_host_is_refused(header: str | None):
    assert not host_allowed(header, "127.0.0.1", PORT)


def test_the_bound_host_is_a_good_host():
    assert host_allowed("Clew.lan:8400", "clew.lan", PORT)
    assert host_allowed("192.168.1.5:8400", "192.168.1.5", PORT)
    assert host_allowed("[fd00::5]:8400", "fd00::5", PORT)
    assert not host_allowed("192.168.1.6:8400", "192.168.1.5", PORT)


@pytest.mark.parametrize("bound", [EVERYWHERE, "::", ""])
def test_bound_to_every_address_any_address_is_a_good_host_and_no_name_is(bound: str):
    assert host_allowed("192.168.1.5:8400", bound, PORT)
    assert host_allowed("[fd00::5]", bound, PORT)
    assert not host_allowed("rebound.example.com:8400", bound, PORT)


@pytest.mark.parametrize(
    "header",
    [None, "http://localhost", "http://localhost:3000", "https://app.localhost", "http://127.0.0.1:8400",
     "HTTP://[::1]:5173"],
)  # fmt: skip
def test_no_origin_and_this_machines_pages_are_good_origins(header: str | None):
    assert origin_allowed(header)


@pytest.mark.parametrize(
    "header",
    ["null", "", "http://example.com", "https://localhost.example.com", "file://", "chrome-extension://localhost",
     "http://localhost@example.com", "http://localhost/path", "localhost", "http://", "http://192.168.1.5:8400"],
)  # fmt: skip
def test_other_origins_are_refused(header: str):
    assert not origin_allowed(header)
