"""Files and uploads: what is known about uploaded bytes. The bytes themselves are blobs."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from clew.domain.expiration import Expiration
from clew.domain.noun import Noun


class File(Noun, frozen=True, kw_only=True):
    """One file. `blob` is the key of its bytes, `size` counts them, `name` is only ever shown, never a path."""

    project_id: str
    id: str
    created_at: int
    updated_at: int
    name: str
    size: int
    blob: str
    purpose: str | None = None
    mime: str | None = None
    description: str | None = None
    metadata: dict[str, Any] = {}
    expiration: Expiration | None = None
    expires_at: int | None = None
    last_active_at: int | None = None
    folder: str | None = None
    created_by: str | None = None
    updated_by: str | None = None


class UploadState(StrEnum):
    """Where an upload in parts is."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Upload(Noun, frozen=True, kw_only=True):
    """Bytes that come in parts and become a file: `size` is what was announced."""

    project_id: str
    id: str
    created_at: int
    expires_at: int
    name: str
    purpose: str
    size: int
    mime: str
    state: UploadState = UploadState.PENDING
    file_id: str | None = None
    file_expiration: Expiration | None = None


class UploadPart(Noun, frozen=True, kw_only=True):
    """One part of an upload."""

    project_id: str
    upload_id: str
    id: str
    created_at: int
    size: int
    blob: str
