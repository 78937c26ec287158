"""Prompts with their versions and variants, in SQLite."""

from __future__ import annotations

from clew.domain.problem import AlreadyExists
from clew.domain.prompt import Prompt, PromptVariant, PromptVersion, Template, likeness
from clew.storage.bodies import dump, load
from clew.storage.sqlite.table import Table


class PromptTable(Table):
    """The SQLite answer to `port.Prompts`."""

    async def insert(self, prompt: Prompt) -> None:
        keys = {"project_id": prompt.project_id, "id": prompt.id, "name": prompt.name}
        if self.one("prompt_insert", body=dump(prompt), **keys) is None:
            raise AlreadyExists("prompt", prompt.name)

    async def get(self, project_id: str, prompt_id: str) -> Prompt | None:
        row = self.one("prompt_get", project_id=project_id, id=prompt_id)
        return load(Prompt, row[0]) if row else None

    async def by_name(self, project_id: str, name: str) -> Prompt | None:
        row = self.one("prompt_by_name", project_id=project_id, name=name)
        return load(Prompt, row[0]) if row else None

    async def update(self, prompt: Prompt) -> None:
        self.run("prompt_update", project_id=prompt.project_id, id=prompt.id, name=prompt.name, body=dump(prompt))

    async def insert_version(self, version: PromptVersion) -> None:
        row = self.one(
            "prompt_version_insert",
            project_id=version.project_id,
            id=version.id,
            prompt_id=version.prompt_id,
            number=version.number,
            likeness=likeness(version.template, with_provider=True),
            likeness_bare=likeness(version.template, with_provider=False),
            body=dump(version),
        )
        if row is None:
            raise AlreadyExists("prompt version", version.id)

    async def get_version(self, project_id: str, version_id: str) -> PromptVersion | None:
        row = self.one("prompt_version_get", project_id=project_id, id=version_id)
        return load(PromptVersion, row[0]) if row else None

    async def numbered(self, project_id: str, prompt_id: str, number: int) -> PromptVersion | None:
        row = self.one("prompt_version_numbered", project_id=project_id, prompt_id=prompt_id, number=number)
        return load(PromptVersion, row[0]) if row else None

    async def version_like(
        self, project_id: str, prompt_id: str, template: Template, *, with_provider: bool
    ) -> PromptVersion | None:
        row = self.one(
            "prompt_version_like" if with_provider else "prompt_version_like_bare",
            project_id=project_id,
            prompt_id=prompt_id,
            likeness=likeness(template, with_provider=with_provider),
        )
        return load(PromptVersion, row[0]) if row else None

    async def insert_variant(self, variant: PromptVariant) -> None:
        keys = {"project_id": variant.project_id, "id": variant.id}
        if self.one("prompt_variant_insert", body=dump(variant), **keys) is None:
            raise AlreadyExists("prompt variant", variant.id)

    async def get_variant(self, project_id: str, variant_id: str) -> PromptVariant | None:
        row = self.one("prompt_variant_get", project_id=project_id, id=variant_id)
        return load(PromptVariant, row[0]) if row else None
