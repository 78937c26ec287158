"""What is put beside steps, in SQLite: scores and enclosures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.enclosure import Enclosure
from clew.domain.score import Score
from clew.storage.bodies import dump, dump_value, load
from clew.storage.sqlite.listings import SCORES
from clew.storage.sqlite.reading import read_page
from clew.storage.sqlite.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection

    from clew.domain.query import Found, Query


class ScoreTable(Table):
    """The SQLite answer to `port.Scores`."""

    async def put(self, score: Score) -> None:
        row = self.one(
            "score_put",
            project_id=score.project_id,
            id=score.id,
            step_id=score.step_id,
            created_at=score.created_at,
            name=score.name,
            kind=score.kind,
            value=float(score.value),
            body=dump(score),
        )
        if row is not None:
            self.run("catalog_tags_drop", noun="score", no=row[0])
            for tag in score.tags:
                self.run("catalog_tag_insert", project_id=score.project_id, noun="score", tag=tag, no=row[0])

    async def get(self, project_id: str, score_id: str, *, now: int) -> Score | None:
        row = self.one("score_get", project_id=project_id, id=score_id, now=now)
        return load(Score, row[0]) if row else None

    async def delete(self, project_id: str, score_id: str) -> bool:
        row = self.one("score_delete", project_id=project_id, id=score_id)
        if row is not None:
            self.run("catalog_tags_drop", noun="score", no=row[0])
        return row is not None

    async def of_steps(self, project_id: str, step_ids: Collection[str]) -> list[Score]:
        rows = self.all("score_of_steps", project_id=project_id, step_ids=dump_value(list(step_ids)).decode())
        return [load(Score, row[1]) for row in sorted(rows)]

    async def page(self, project_id: str, query: Query, *, now: int) -> Found[Score]:
        return read_page(self, SCORES, project_id, query, lambda row: load(Score, row[0]), now=now)


class EnclosureTable(Table):
    """The SQLite answer to `port.Enclosures`."""

    async def put(self, enclosure: Enclosure) -> None:
        self.run(
            "enclosure_put",
            project_id=enclosure.project_id,
            id=enclosure.id,
            step_id=enclosure.step_id,
            body=dump(enclosure),
        )

    async def get(self, project_id: str, enclosure_id: str, *, now: int) -> Enclosure | None:
        row = self.one("enclosure_get", project_id=project_id, id=enclosure_id, now=now)
        return load(Enclosure, row[0]) if row else None

    async def delete(self, project_id: str, enclosure_id: str) -> bool:
        return self.one("enclosure_delete", project_id=project_id, id=enclosure_id) is not None

    async def of_steps(self, project_id: str, step_ids: Collection[str]) -> list[Enclosure]:
        rows = self.all("enclosure_of_steps", project_id=project_id, step_ids=dump_value(list(step_ids)).decode())
        return [load(Enclosure, row[1]) for row in sorted(rows)]
