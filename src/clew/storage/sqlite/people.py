"""Participants and API keys, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.noun import replace
from clew.domain.participant import Participant
from clew.domain.problem import AlreadyExists
from clew.domain.project import Key
from clew.storage.bodies import dump, load
from clew.storage.sqlite.table import Row, Table

if TYPE_CHECKING:
    from clew.domain.page import Page, Window


def _participant_from_row(row: Row) -> Participant:
    return load(Participant, row[0])


class ParticipantTable(Table):
    """The SQLite answer to `port.Participants`."""

    async def insert(self, participant: Participant) -> None:
        row = self.one(
            "participant_insert",
            project_id=participant.project_id,
            id=participant.id,
            identifier=participant.identifier,
            created_at=participant.created_at,
            expires_at=participant.expires_at,
            body=dump(participant),
        )
        if row is None:
            raise AlreadyExists("participant", participant.identifier)
        self._late.note(("participant", participant.project_id, participant.id))

    async def get(self, project_id: str, participant_id: str, *, now: int) -> Participant | None:
        row = self.one("participant_get", project_id=project_id, id=participant_id, now=now)
        return _participant_from_row(row) if row else None

    async def by_identifier(self, project_id: str, identifier: str, *, now: int) -> Participant | None:
        row = self.one("participant_by_identifier", project_id=project_id, identifier=identifier, now=now)
        return _participant_from_row(row) if row else None

    async def page(self, project_id: str, window: Window, *, now: int) -> Page[Participant]:
        return self.page_of(
            "participant_place", "participant_page", window, _participant_from_row, project_id=project_id, now=now
        )

    async def sweep(self, *, now: int, limit: int) -> int:
        return len(self.all("participant_expired", now=now, limit=limit))

    async def update(self, participant: Participant) -> None:
        self.run(
            "participant_update",
            project_id=participant.project_id,
            id=participant.id,
            identifier=participant.identifier,
            expires_at=participant.expires_at,
            body=dump(participant),
        )

    async def delete(self, project_id: str, participant_id: str) -> bool:
        self._late.note(("participant", project_id, participant_id))
        return self.one("participant_delete", project_id=project_id, id=participant_id) is not None


def _key_from_row(row: Row) -> Key:
    return replace(load(Key, row[1]), revoked_at=row[0])


class KeyTable(Table):
    """The SQLite answer to `port.Keys`."""

    async def insert(self, key: Key) -> None:
        self.run(
            "key_insert",
            id=key.id,
            project_id=key.project_id,
            hash=key.hash,
            created_at=key.created_at,
            revoked_at=key.revoked_at,
            body=dump(key),
        )

    async def by_hash(self, hash: str) -> Key | None:  # noqa: A002 (the field's standard name)
        row = self.one("key_by_hash", hash=hash)
        return _key_from_row(row) if row else None

    async def every(self) -> list[Key]:
        return [_key_from_row(row) for row in self.all("key_all")]

    async def revoke(self, key_id: str, *, now: int) -> bool:
        return self.one("key_revoke", id=key_id, now=now) is not None
