"""A participant: an end user of the project's app."""

from __future__ import annotations

from typing import Any

from clew.domain.expiration import Expiration
from clew.domain.noun import Noun


class Participant(Noun, frozen=True, kw_only=True):
    """`identifier` is the app's own name for the person, unique in the project; `id` is ours."""

    project_id: str
    id: str
    identifier: str
    created_at: int
    updated_at: int
    metadata: dict[str, Any] = {}
    name: str | None = None
    description: str | None = None
    source: str | None = None
    expiration: Expiration | None = None
    expires_at: int | None = None
    last_active_at: int | None = None
    folder: str | None = None
    created_by: str | None = None
    updated_by: str | None = None
