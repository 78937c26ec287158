"""When Clew may serve without keys, and which requests an open server refuses all the same. Pure rules.

An open server is protected by its address alone, and a browser on the same machine shares that address with every
page it shows. A page gives itself away in one of two headers: `Origin` where it asks across sites, `Host` where
its own name was made to point at this machine (DNS rebinding).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit


class NotOpen(Exception):
    """The server must not start like this. `str` is a sentence for the operator."""


def may_open(host: str, *, keys_exist: bool, openly_allowed: bool) -> bool:
    """Whether a server on this address is open; where not, it asks for keys. Raises `NotOpen` where it must not start.

    Once there is a key, keys are asked for even if openness was asked for by name: whoever made the key wanted it.
    """
    if keys_exist:
        return False
    if openly_allowed or is_loopback(host):
        return True
    raise NotOpen(
        f"There is no API key yet, and {host or 'every address'} can be reached from other machines. "
        "Make a key with `clew keys create`, or pass --open to serve everyone who can reach it."
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on this name or address (an IPv6 one with or without brackets)."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def host_allowed(host_header: str | None, bound_host: str, port: int) -> bool:  # noqa: ARG001 (see below)
    """Whether an open server bound to `bound_host` and `port` answers a request with this `Host`.

    Any port may stand in the header: published and forwarded ports differ from ours, and a port proves nothing.
    This machine's names and the bound host are allowed. Bound to every address, so is any address: a page can make
    its name point at us, but a `Host` that is an address was reached without a name.
    """
    host = _without_port(host_header) if host_header else None
    if host is None:
        return False
    if is_loopback(host) or _plain(host) == _plain(bound_host):
        return True
    bound = _address(bound_host)
    bound_to_all = not bound_host or (bound is not None and bound.is_unspecified)
    return bound_to_all and _address(host) is not None


def origin_allowed(origin_header: str | None) -> bool:
    """Whether an open server answers a request with this `Origin`: none, or a page of this machine.

    `null` is refused: files, sandboxed frames and redirects send it, and any page can make one.
    """
    if origin_header is None:
        return True
    scheme, separator, host_and_port = origin_header.partition("://")
    host = _without_port(host_and_port)
    return bool(separator) and scheme.lower() in {"http", "https"} and host is not None and is_loopback(host)


def _without_port(text: str) -> str | None:
    """The host of `host`, `host:port`, `[v6]` or `[v6]:port`; None for anything else."""
    try:
        parts = urlsplit(f"//{text}")
        parts.port  # noqa: B018 (reading it checks it)
    except ValueError:
        return None
    # What urlsplit is generous about: whatever is not host and port must not be there, spaces and control bytes too.
    if parts.netloc != text or "@" in text or not text.isascii() or not text.isprintable() or " " in text:
        return None
    return parts.hostname


def _plain(host: str) -> str:
    return host.lower().strip("[]").removesuffix(".")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return None
    # `::ffff:127.0.0.1` is loopback; not every Python says so.
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
