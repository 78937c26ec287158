"""API keys: making them, ending them, and telling who calls with one."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from clew.domain.problem import Invalid
from clew.domain.project import Caller, Key, Scope

if TYPE_CHECKING:
    from collections.abc import Collection

    from clew.storage.port import Store, Tx

PREFIX: Final = "sk-clew-"
"""`sk-`, because some clients look for it; `clew`, so that scanners for leaked keys can."""
ENTROPY_BYTES: Final = 32
SCOPES_UNSAID: Final = (Scope.READ, Scope.WRITE)
REMEMBERED_MICROSECONDS: Final = 5_000_000
REMEMBERED_MAX: Final = 1024
NAME_LENGTH_MAX: Final = 256
_OURS: Final = secrets.token_bytes(32)


class Clock(Protocol):
    """What the ring needs of a clock."""

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        ...


class Ids(Protocol):
    """What making a key needs of a source of ids."""

    def new(self, kind: str) -> str:
        """An id for a thing of this kind."""
        ...


class Minted(NamedTuple):
    """A new key: what its holder gets, and the two things that we keep."""

    secret: str
    hint: str
    hash: str


def mint(entropy: bytes) -> Minted:
    """The key made of 32 random bytes: `sk-clew-` and 43 URL-safe characters."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a key is made of {ENTROPY_BYTES} bytes, not {len(entropy)}")
    secret = PREFIX + urlsafe_b64encode(entropy).decode().rstrip("=")
    return Minted(secret=secret, hint=secret[-4:], hash=hashed(secret))


def hashed(secret: str) -> str:
    """The form in which a key is kept."""
    # A fast hash without salt is right here. Slow ones make up for passwords that can be guessed; nobody guesses
    # 256 random bits, at any speed. And every request pays for the hash, so a slow one would be a way to tire us out.
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint(secret: str) -> bytes:
    """What a key is remembered by in this process, so that no key stays in memory. Cheaper than what it is kept by."""
    return blake2b(secret.encode("utf-8", "surrogatepass"), digest_size=32, key=_OURS).digest()


def reach(scopes: Collection[Scope]) -> frozenset[Scope]:
    """Everything that a key with these scopes may do: `admin` implies all, the others only themselves."""
    return frozenset(Scope) if Scope.ADMIN in scopes else frozenset(scopes)


async def create(
    store: Store, ids: Ids, now: int, *, project_id: str, name: str = "", scopes: Collection[Scope] | None = None
) -> tuple[Key, str]:
    """A new key and its secret, which is nowhere else. No word about scopes means read and write.

    Raises `Invalid` for a name or project that could not be shown in a list, and for a key that may do nothing.
    """
    if not project_id:
        raise Invalid("project_id", "a key belongs to a project")
    for field, text in (("project_id", project_id), ("name", name)):
        if not text.isprintable() or len(text) > NAME_LENGTH_MAX:
            raise Invalid(field, f"at most {NAME_LENGTH_MAX} printable characters")
    wanted = SCOPES_UNSAID if scopes is None else tuple(scope for scope in Scope if scope in scopes)
    if not wanted:
        raise Invalid("scopes", "a key without scopes opens nothing")
    minted = mint(secrets.token_bytes(ENTROPY_BYTES))
    key = Key(
        id=ids.new("key"),
        project_id=project_id,
        name=name,
        hash=minted.hash,
        hint=minted.hint,
        scopes=wanted,
        created_at=now,
    )

    async def insert(tx: Tx) -> None:
        await tx.keys.insert(key)

    await store.write(insert)
    return key, minted.secret


async def revoke(store: Store, key_id: str, *, now: int) -> bool:
    """End a key for good. Whether there was a live one. Running servers notice within `REMEMBERED_MICROSECONDS`."""

    async def end(tx: Tx) -> bool:
        return await tx.keys.revoke(key_id, now=now)

    return await store.write(end)


async def every(store: Store) -> list[Key]:
    """All keys of all projects, oldest first, revoked ones too."""

    async def read(tx: Tx) -> list[Key]:
        return await tx.keys.every()

    return await store.read(read)


@dataclass(frozen=True, slots=True)
class _Remembered:
    caller: Caller
    at: int


class KeyRing:
    """Tells who calls, for one event loop. Remembers good keys for a moment, so that a busy one is rarely looked up.

    Only keys that opened are remembered: guesses cannot crowd them out, and a key works as soon as it is made.
    Nothing is remembered for long, because keys are revoked from another process (`clew keys revoke`).
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._remembered: dict[bytes, _Remembered] = {}
        self._any_key = False
        self._no_key_at: int | None = None

    async def caller_of(self, secret: str) -> Caller | None:
        """Who holds this key. None for a revoked key as for one that never was, after the same work."""
        mark = fingerprint(secret)
        if (known := self._remembered.get(mark)) is not None:
            if self._is_fresh(known.at):
                return known.caller
            del self._remembered[mark]
        hash = hashed(secret)  # noqa: A001 (the field's standard name)
        asked_at = self._clock.now()

        async def read(tx: Tx) -> Key | None:
            return await tx.keys.by_hash(hash)

        key = await self._store.read(read)
        if key is None or key.revoked_at is not None or not hmac.compare_digest(key.hash, hash):
            return None
        caller = Caller(project_id=key.project_id, key_id=key.id, scopes=reach(key.scopes), subject=key.id)
        self._remember(mark, _Remembered(caller, asked_at))
        return caller

    async def any_key(self) -> bool:
        """Whether a key was ever made, a revoked one too: ending the last key must not open the server to everyone.

        Keys are never deleted, so a yes is remembered for good, and a no as long as a caller is.
        """
        if self._any_key or (self._no_key_at is not None and self._is_fresh(self._no_key_at)):
            return self._any_key
        asked_at = self._clock.now()
        self._any_key = bool(await every(self._store))
        self._no_key_at = None if self._any_key else asked_at
        return self._any_key

    def _is_fresh(self, at: int) -> bool:
        # Also stale where the clock was set back, or a revoked key would live until the clock has caught up.
        return 0 <= self._clock.now() - at < REMEMBERED_MICROSECONDS

    def _remember(self, mark: bytes, caller: _Remembered) -> None:
        if len(self._remembered) >= REMEMBERED_MAX and mark not in self._remembered:
            del self._remembered[next(iter(self._remembered))]  # the oldest
        self._remembered[mark] = caller
