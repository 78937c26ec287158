"""API keys over a real store, on a clock that the test turns."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

import pytest

from clew.auth import keys
from clew.auth.keys import REMEMBERED_MAX, REMEMBERED_MICROSECONDS, KeyRing
from clew.domain.problem import Invalid
from clew.domain.project import Scope
from clew.service.core import RandomIds
from clew.storage.sqlite import SqliteStore, open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from clew.domain.project import Key
    from clew.storage.port import Tx


T = TypeVar("T")


class Hands:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.at = 1_000_000_000

    def now(self) -> int:
        return self.at


class Counting:
    """A store that counts what is read from it."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.reads = 0

    async def read(self, unit: Callable[[Tx], Awaitable[T]]) -> T:
        self.reads += 1
        return await self._store.read(unit)

    async def write(self, unit: Callable[[Tx], Awaitable[T]]) -> T:
        return await self._store.write(unit)

    async def close(self) -> None:
        await self._store.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Counting]:
    opened = open_store(tmp_path / "clew.db")
    yield Counting(opened)
    await opened.close()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def ring(store: Counting, clock: Hands) -> KeyRing:
    return KeyRing(store, clock)


async def create(store: Counting, *scopes: Scope, project_id: str = "p") -> tuple[Key, str]:
    return await keys.create(store, RandomIds(), 1, project_id=project_id, scopes=scopes or None)


def test_a_minted_key_is_the_prefix_and_43_url_safe_characters():
    secret, hint, hash_ = keys.mint(bytes(range(0, 256, 8)))

    assert secret == "sk-clew-AAgQGCAoMDhASFBYYGhweICIkJigqLC4wMjQ2ODo8Pg"
    assert len(secret.removeprefix("sk-clew-")) == 43
    assert hint == "o8Pg"
    assert hash_ == sha256(secret.encode()).hexdigest()


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_is_not_made_of_another_amount_of_entropy(size: int):
    with pytest.raises(ValueError, match="32 bytes"):
        keys.mint(bytes(size))


async def test_a_key_opens_its_project(store: Counting, ring: KeyRing):
    key, secret = await create(store, project_id="acme")

    caller = await ring.caller_of(secret)

    assert caller is not None
    assert (caller.project_id, caller.key_id) == ("acme", key.id)


async def test_the_secret_is_kept_nowhere(store: Counting):
    key, secret = await create(store)

    assert secret not in repr(await keys.every(store))
    assert key.hash == sha256(secret.encode()).hexdigest()
    assert key.hint == secret[-4:]


async def test_a_key_made_without_a_word_about_scopes_reads_and_writes(store: Counting, ring: KeyRing):
    _, secret = await create(store)

    caller = await ring.caller_of(secret)

    assert caller is not None
    assert caller.scopes == {Scope.READ, Scope.WRITE}


@pytest.mark.parametrize(
    ("scope", "reach"),
    [
        (Scope.READ, {Scope.READ}),
        (Scope.WRITE, {Scope.WRITE}),
        (Scope.ADMIN, {Scope.READ, Scope.WRITE, Scope.ADMIN}),
    ],
)
async def test_only_admin_implies_other_scopes(store: Counting, ring: KeyRing, scope: Scope, reach: set[Scope]):
    _, secret = await create(store, scope)

    caller = await ring.caller_of(secret)

    assert caller is not None
    assert caller.scopes == reach


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("project_id", {"project_id": ""}),
        ("project_id", {"project_id": "a\nb"}),
        ("name", {"name": "\x1b[2J"}),
        ("name", {"name": "n" * 257}),
        ("scopes", {"scopes": ()}),
    ],
)
async def test_a_key_that_could_not_be_used_or_shown_is_not_made(store: Counting, field: str, wrong: dict[str, object]):
    with pytest.raises(Invalid) as refused:
        await keys.create(store, RandomIds(), 1, **({"project_id": "p"} | wrong))

    assert refused.value.field == field
    assert await keys.every(store) == []


@pytest.mark.parametrize("stranger", ["", "sk-clew-" + "A" * 43, "any", "ключ", "\ud800", "k" * 100_000])
async def test_an_unknown_key_is_nobody(store: Counting, ring: KeyRing, stranger: str):
    await create(store)

    assert await ring.caller_of(stranger) is None


async def test_a_revoked_key_is_nobody(store: Counting, ring: KeyRing):
    key, secret = await create(store)

    assert await keys.revoke(store, key.id, now=2)
    assert await ring.caller_of(secret) is None


async def test_only_a_live_key_can_be_revoked(store: Counting):
    key, _ = await create(store)

    assert await keys.revoke(store, key.id, now=2)
    assert not await keys.revoke(store, key.id, now=3)
    assert not await keys.revoke(store, "key_unknown", now=3)


async def test_a_busy_key_is_looked_up_once(store: Counting, ring: KeyRing, clock: Hands):
    _, secret = await create(store)

    first = await ring.caller_of(secret)
    clock.at += REMEMBERED_MICROSECONDS - 1

    assert await ring.caller_of(secret) == first
    assert store.reads == 1


async def test_a_revocation_elsewhere_is_seen_when_the_memory_ends(store: Counting, ring: KeyRing, clock: Hands):
    key, secret = await create(store)
    assert await ring.caller_of(secret) is not None

    await keys.revoke(store, key.id, now=clock.now())
    clock.at += REMEMBERED_MICROSECONDS

    assert await ring.caller_of(secret) is None


async def test_a_clock_that_is_set_back_does_not_lengthen_a_memory(store: Counting, ring: KeyRing, clock: Hands):
    key, secret = await create(store)
    assert await ring.caller_of(secret) is not None

    await keys.revoke(store, key.id, now=clock.now())
    clock.at -= 1

    assert await ring.caller_of(secret) is None


async def test_a_key_works_as_soon_as_it_is_made_even_if_it_was_tried_before(
    store: Counting, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
):
    minted = keys.mint(bytes(32))
    monkeypatch.setattr(keys, "mint", lambda _: minted)
    assert await ring.caller_of(minted.secret) is None

    await create(store)

    assert await ring.caller_of(minted.secret) is not None


async def test_guesses_do_not_crowd_out_a_good_key(store: Counting, ring: KeyRing):
    _, secret = await create(store)
    await ring.caller_of(secret)

    for number in range(REMEMBERED_MAX + 1):
        await ring.caller_of(f"guess {number}")

    reads = store.reads
    assert await ring.caller_of(secret) is not None
    assert store.reads == reads


async def test_the_memory_is_bounded(store: Counting, ring: KeyRing, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keys, "REMEMBERED_MAX", 2)
    secrets = [(await create(store))[1] for _ in range(3)]

    for secret in secrets:
        await ring.caller_of(secret)

    assert len(ring._remembered) == 2
    assert await ring.caller_of(secrets[0]) is not None


async def test_there_is_no_key_before_the_first_and_always_one_after_it(store: Counting, ring: KeyRing, clock: Hands):
    assert not await ring.any_key()

    key, _ = await create(store)
    await keys.revoke(store, key.id, now=2)
    clock.at += REMEMBERED_MICROSECONDS

    assert await ring.any_key()


async def test_whether_there_is_a_key_is_not_asked_for_every_request(store: Counting, ring: KeyRing, clock: Hands):
    await ring.any_key()
    await ring.any_key()
    assert store.reads == 1

    await create(store)
    clock.at += REMEMBERED_MICROSECONDS
    await ring.any_key()
    clock.at += REMEMBERED_MICROSECONDS
    await ring.any_key()
    assert store.reads == 2
