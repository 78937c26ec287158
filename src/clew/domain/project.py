"""A project: the tenant. Everything belongs to one, every key opens one."""

from __future__ import annotations

from enum import StrEnum

from clew.domain.noun import Noun


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Key(Noun, frozen=True, kw_only=True):
    """An API key as it is kept: never the key, only its hash and the last characters for people to tell keys apart."""

    id: str
    project_id: str
    name: str
    hash: str
    hint: str
    scopes: tuple[Scope, ...]
    created_at: int
    revoked_at: int | None = None


class Caller(Noun, frozen=True, kw_only=True):
    """Who asks: a project, through a key (None where the server is open), with scopes.

    `subject` is written down as who made or changed things: the key's id, or one word for everyone on an open server.
    """

    project_id: str
    key_id: str | None = None
    scopes: frozenset[Scope] = frozenset(Scope)
    subject: str = ""
