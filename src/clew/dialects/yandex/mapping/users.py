"""Users, both ways: our participants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.dialects.yandex import wire
from clew.dialects.yandex.mapping.common import described, new_described
from clew.service.participants import NewParticipant

if TYPE_CHECKING:
    from clew.domain.participant import Participant


def user_to_wire(participant: Participant) -> wire.User:
    """The user. One whom another dialect made without a name is called as the app calls them."""
    shown = wire.User(**described(participant), source=participant.source)
    if not participant.name and participant.identifier != participant.id:
        shown.name = participant.identifier
    return shown


def user_from_wire(sent: wire.CreateUserRequest, *, folder: str | None) -> NewParticipant:
    """What a new user is to be."""
    return NewParticipant(**new_described(sent), name=sent.name or None, source=sent.source or None, folder=folder)
