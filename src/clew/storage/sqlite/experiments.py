"""Experiments and their results, in SQLite."""

from __future__ import annotations

from clew.domain.experiment import Experiment, ExperimentItem
from clew.domain.problem import AlreadyExists
from clew.storage.bodies import dump, load
from clew.storage.sqlite.table import Table


class ExperimentTable(Table):
    """The SQLite answer to `port.Experiments`."""

    async def insert(self, experiment: Experiment) -> None:
        keys = {"project_id": experiment.project_id, "id": experiment.id}
        if self.one("experiment_insert", body=dump(experiment), **keys) is None:
            raise AlreadyExists("experiment", experiment.id)

    async def get(self, project_id: str, experiment_id: str) -> Experiment | None:
        row = self.one("experiment_get", project_id=project_id, id=experiment_id)
        return load(Experiment, row[0]) if row else None

    async def insert_item(self, item: ExperimentItem) -> None:
        keys = {"project_id": item.project_id, "id": item.id}
        if self.one("experiment_item_insert", body=dump(item), **keys) is None:
            raise AlreadyExists("experiment item", item.id)

    async def get_item(self, project_id: str, item_id: str) -> ExperimentItem | None:
        row = self.one("experiment_item_get", project_id=project_id, id=item_id)
        return load(ExperimentItem, row[0]) if row else None
