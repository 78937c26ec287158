"""Participants, whom the clients call users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.dialects.literal import times

if TYPE_CHECKING:
    from clew.domain.participant import Participant
    from clew.storage.port import ParticipantSum


def participant_to_wire(participant: Participant) -> dict[str, Any]:
    """The participant by itself. Its metadata is an object: clients break on null."""
    return {
        "id": participant.id,
        "identifier": participant.identifier,
        "metadata": participant.metadata,
        "createdAt": times.shown(participant.created_at),
    }


def sum_to_wire(total: ParticipantSum | None) -> dict[str, Any]:
    """What the participant's threads come to."""
    if total is None:
        return {"threadCount": 0, "tokenCount": 0, "lastEngaged": None}
    return {
        "threadCount": total.threads,
        "tokenCount": total.tokens,
        "lastEngaged": times.shown(total.last_active_at),
    }
