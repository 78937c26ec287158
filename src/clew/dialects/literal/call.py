"""A call: one field of a request on its way to its handler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from clew.dialects.literal.addresses import Addresses
    from clew.domain.enclosure import Enclosure
    from clew.domain.project import Caller
    from clew.service.core import Core

ENVIRONMENT: Final = "prod"
"""Where data is written that says nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What all fields of one request have in common. `environment` is the word of the header `x-env`.

    `wants_text` is for clients to whom the inputs and outputs of steps are texts and not objects.
    """

    core: Core
    caller: Caller
    addresses: Addresses
    environment: str | None = None
    wants_text: bool = False

    @property
    def written_in(self) -> str:
        """The environment of what this request writes."""
        return self.environment or ENVIRONMENT

    def url_of(self, enclosure: Enclosure) -> str | None:
        """Where the bytes of an enclosure are: with us where they were uploaded, else where its sender said."""
        if enclosure.object_key is None:
            return enclosure.url
        return self.addresses.of_file(self.caller.project_id, enclosure.object_key, now=self.core.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One field. Arguments that were not sent are not in `arguments`; null is None there."""

    visit: Visit
    arguments: dict[str, Any]
    paths: frozenset[str]

    @property
    def core(self) -> Core:
        return self.visit.core

    @property
    def caller(self) -> Caller:
        return self.visit.caller

    def get(self, name: str) -> Any:  # noqa: ANN401 (any JSON)
        """The argument; None where it was not sent."""
        return self.arguments.get(name)

    def wants(self, path: str) -> bool:
        """Whether this is asked of the field's value: `edges.node.steps`."""
        return path in self.paths
