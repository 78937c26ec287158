"""Assistants and their versions, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from clew.domain.assistant import Assistant, AssistantVersion
from clew.domain.problem import AlreadyExists, NotFound
from clew.storage.bodies import dump, dump_value, load
from clew.storage.sqlite.paging import marked, page, start
from clew.storage.sqlite.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.page import Page, Window
    from clew.storage.sqlite.paging import Place


def _assistant_from_row(row: Row) -> Assistant:
    return load(Assistant, row[0])


def _version_from_row(row: Row) -> AssistantVersion:
    version_id, mask, body = row
    return AssistantVersion(
        id=version_id, mask=msgspec.json.decode(mask, type=tuple[str, ...]), assistant=load(Assistant, body)
    )


class AssistantTable(Table):
    """The SQLite answer to `port.Assistants`."""

    async def insert(self, assistant: Assistant) -> None:
        row = self.one(
            "assistant_insert",
            project_id=assistant.project_id,
            id=assistant.id,
            created_at=assistant.created_at,
            expires_at=assistant.expires_at,
            body=dump(assistant),
        )
        if row is None:
            raise AlreadyExists("assistant", assistant.id)
        self._insert_version(row[0], assistant, ())

    def _insert_version(self, no: int, assistant: Assistant, mask: Sequence[str]) -> None:
        self.run(
            "assistant_version_insert",
            assistant_no=no,
            version=assistant.version,
            id=assistant.version_id,
            mask=dump_value(list(mask)),
            body=dump(assistant),
        )

    async def get(self, project_id: str, assistant_id: str, *, now: int) -> Assistant | None:
        row = self.one("assistant_get", project_id=project_id, id=assistant_id, now=now)
        return _assistant_from_row(row) if row else None

    async def update(self, assistant: Assistant, *, mask: Sequence[str]) -> None:
        row = self.one(
            "assistant_update",
            project_id=assistant.project_id,
            id=assistant.id,
            expires_at=assistant.expires_at,
            body=dump(assistant),
        )
        if row is not None:
            self._insert_version(row[0], assistant, mask)

    async def touch(self, assistant: Assistant) -> None:
        self.run(
            "assistant_touch",
            project_id=assistant.project_id,
            id=assistant.id,
            expires_at=assistant.expires_at,
            body=dump(assistant),
        )

    async def sweep(self, *, now: int, limit: int) -> int:
        expired = self.all("assistant_expired", now=now, limit=limit)
        for project_id, assistant_id in expired:
            await self.delete(project_id, assistant_id)
        return len(expired)

    async def delete(self, project_id: str, assistant_id: str) -> bool:
        self.run("assistant_versions_delete", project_id=project_id, id=assistant_id)
        return self.one("assistant_delete", project_id=project_id, id=assistant_id) is not None

    async def page(self, project_id: str, window: Window, *, now: int) -> Page[Assistant]:
        return self.page_of(
            "assistant_place", "assistant_page", window, _assistant_from_row, project_id=project_id, now=now
        )

    def _version(self, project_id: str, assistant_id: str, id: str | None) -> Place | None:  # noqa: A002
        if id is None:
            return None
        row = self.one("assistant_version_place", project_id=project_id, assistant_id=assistant_id, id=id)
        if row is None:
            raise NotFound("version", id)
        return 0, row[0]

    async def versions(self, project_id: str, assistant_id: str, window: Window) -> Page[AssistantVersion]:
        def place(id: str | None) -> Place | None:  # noqa: A002 (the field's standard name)
            return self._version(project_id, assistant_id, id)

        where = self.by_time(window, start(window, place), place(window.before))
        rows = self.all(
            "assistant_versions" + where.suffix,
            project_id=project_id,
            assistant_id=assistant_id,
            low=where.low[1],
            high=where.high[1],
            limit=where.fetch,
        )
        return marked(window, page(window, where, rows, _version_from_row), lambda version: place(version.id))
