"""Files and uploads, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.domain.expiration import DAY_SECONDS, SECOND
from clew.domain.file import File, Upload, UploadPart
from clew.domain.problem import AlreadyExists
from clew.storage.bodies import dump, dump_value, load
from clew.storage.sqlite.indexes import count
from clew.storage.sqlite.table import Row, Table
from clew.storage.sqlite.used import give_back

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from clew.domain.page import Page, Window

UPLOAD_KEPT_SECONDS: Final = 7 * DAY_SECONDS
"""How long an upload can still be asked about after its time, whatever became of it."""


def _file_from_row(row: Row) -> File:
    return load(File, row[0])


class FileTable(Table):
    """The SQLite answer to `port.Files`."""

    async def insert(self, file: File) -> None:
        self.run(
            "file_insert",
            project_id=file.project_id,
            id=file.id,
            created_at=file.created_at,
            purpose=file.purpose,
            expires_at=file.expires_at,
            blob=file.blob,
            body=dump(file),
        )
        if not self._changes():
            raise AlreadyExists("file", file.id)

    async def get(self, project_id: str, file_id: str, *, now: int) -> File | None:
        row = self.one("file_get", project_id=project_id, id=file_id, now=now)
        return _file_from_row(row) if row else None

    async def update(self, file: File) -> None:
        self.run(
            "file_update",
            project_id=file.project_id,
            id=file.id,
            purpose=file.purpose,
            expires_at=file.expires_at,
            blob=file.blob,
            body=dump(file),
        )

    async def delete(self, project_id: str, file_id: str) -> bool:
        for index_no, state, size in self.all("file_places", project_id=project_id, file_id=file_id):
            count(self, index_no, {state: -1}, size=-size)
        self.run("file_places_delete", project_id=project_id, file_id=file_id)
        row = self.one("file_delete", project_id=project_id, id=file_id)
        if row is not None:
            give_back(self, project_id, bytes=row[0])
        return row is not None

    async def page(self, project_id: str, window: Window, *, purpose: str | None, now: int) -> Page[File]:
        if purpose is None:
            return self.page_of("file_place", "file_page", window, _file_from_row, project_id=project_id, now=now)
        return self.page_of(
            "file_place", "file_purpose", window, _file_from_row, project_id=project_id, purpose=purpose, now=now
        )

    async def missing(self, project_id: str, file_ids: Collection[str], *, now: int) -> str | None:
        for file_id in file_ids:
            if self.one("file_get", project_id=project_id, id=file_id, now=now) is None:
                return file_id
        return None

    async def insert_upload(self, upload: Upload) -> None:
        self.run(
            "upload_insert",
            project_id=upload.project_id,
            id=upload.id,
            state=upload.state,
            expires_at=upload.expires_at,
            body=dump(upload),
        )

    async def get_upload(self, project_id: str, upload_id: str) -> Upload | None:
        row = self.one("upload_get", project_id=project_id, id=upload_id)
        return load(Upload, row[0]) if row else None

    async def update_upload(self, upload: Upload) -> None:
        self.run("upload_update", project_id=upload.project_id, id=upload.id, state=upload.state, body=dump(upload))

    async def insert_part(self, part: UploadPart) -> None:
        self.run(
            "part_insert",
            project_id=part.project_id,
            upload_id=part.upload_id,
            id=part.id,
            blob=part.blob,
            body=dump(part),
        )

    async def parts(self, project_id: str, upload_id: str) -> list[UploadPart]:
        return [load(UploadPart, row[0]) for row in self.all("part_all", project_id=project_id, upload_id=upload_id)]

    async def drop_parts(self, project_id: str, upload_id: str) -> None:
        if rows := self.all("part_drop", project_id=project_id, upload_id=upload_id):
            give_back(self, project_id, bytes=sum(row[0] for row in rows))

    async def sweep(self, *, now: int, limit: int) -> int:
        expired = self.all("file_expired", now=now, limit=limit)
        for project_id, file_id in expired:
            await self.delete(project_id, file_id)
        return len(expired)

    async def sweep_uploads(self, *, now: int, limit: int) -> int:
        parts = self.all("part_ended", now=now, limit=limit)
        for project_id, size in parts:
            give_back(self, project_id, bytes=size)
        uploads = self.all("upload_ended", before=now - UPLOAD_KEPT_SECONDS * SECOND, limit=limit)
        return len(parts) + len(uploads)

    async def blobs_known(self, blobs: Sequence[str]) -> set[str]:
        return {row[0] for row in self.all("blob_known", blobs=dump_value(list(blobs)).decode())}
