"""An enclosure: a thing put beside a step, such as a picture or a document. Its bytes are elsewhere."""

from __future__ import annotations

from typing import Any

from clew.domain.noun import Noun


class Enclosure(Noun, frozen=True, kw_only=True):
    """One enclosure. `object_key` names bytes that were uploaded to us, `url` a thing elsewhere.

    It is no `item.Attachment`, which hands a file to a message's tools: it may name a step that has not come yet, is
    found by its id, and comes and goes without the step.
    """

    project_id: str
    id: str
    created_at: int
    step_id: str
    name: str | None = None
    mime: str | None = None
    object_key: str | None = None
    url: str | None = None
    metadata: dict[str, Any] | None = None
