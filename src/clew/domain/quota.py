"""Quotas: how much a project may keep, and how much it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What one project may have at the same time; None for as much as it likes."""

    threads: int | None = None
    messages: int | None = None
    """Of people and of runs."""
    bytes: int | None = None
    """Of files, and of the parts of uploads."""
    runs: int | None = None
    """That are not over."""

    @property
    def is_counted(self) -> bool:
        """Whether anything in it has to be counted as it comes and goes. Runs that are not over are few: one looks."""
        return (self.threads, self.messages, self.bytes) != (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """So much of what quotas are about."""

    threads: int = 0
    messages: int = 0
    bytes: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """The quotas of a server: one for every project, and others for those that have their own."""

    usual: Quota = field(default_factory=Quota)
    by_project: Mapping[str, Quota] = field(default_factory=lambda: MappingProxyType[str, Quota]({}))

    @property
    def are_counted(self) -> bool:
        """Whether there is a project for which something is counted."""
        return self.usual.is_counted or any(quota.is_counted for quota in self.by_project.values())

    def of(self, project_id: str) -> Quota | None:
        """The project's quota, None where nothing limits it."""
        quota = self.by_project.get(project_id, self.usual)
        return None if quota == _NONE else quota


_NONE = Quota()
