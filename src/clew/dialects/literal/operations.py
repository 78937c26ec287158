"""Everything that the clients' APIs have, field by field and path by path: answered, or declined with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clew.dialects.literal.fields import Field, mutation, query
from clew.dialects.literal.handlers import (
    attachments,
    datasets,
    experiments,
    pages,
    participants,
    paths,
    prompts,
    scores,
    steps,
    threads,
    uploads,
)
from clew.domain.project import Scope
from clew.web.operation import Operation, read, write

_SESSIONS: Final = "sessions of participants were given up by the clients early in 2024"


def _group(name: str, *rows: Field) -> tuple[Field, ...]:
    return tuple(replace(row, group=name) for row in rows)


ROWS: Final = (
    *_group(
        "threads",
        query("threads", threads.page),
        query("threadDetail", threads.get),
        query("thread", threads.get),
        query("exportThreads", threads.page),
        mutation("createThread", threads.create),
        mutation("upsertThread", threads.upsert),
        mutation("updateThread", threads.update),
        mutation("deleteThread", threads.delete),
    ),
    *_group(
        "steps",
        query("steps", steps.page),
        query("step", steps.get),
        mutation("ingestStep", together=steps.ingest, refused=steps.refused),
        mutation("createStep", steps.create),
        mutation("updateStep", steps.update),
        mutation("deleteStep", steps.delete),
    ),
    *_group(
        "generations",
        query("generations", steps.generations),
        mutation("createGeneration", steps.create_generation),
    ),
    *_group(
        "participants",
        query("participants", participants.page),
        query("participant", participants.get),
        mutation("createParticipant", participants.create),
        mutation("updateParticipant", participants.update),
        mutation("deleteParticipant", participants.delete),
        query("participantSession", why_not=_SESSIONS),
        mutation("createParticipantSession", why_not=_SESSIONS),
        mutation("updateParticipantSession", why_not=_SESSIONS),
        mutation("deleteParticipantSession", why_not=_SESSIONS),
    ),
    *_group(
        "scores",
        query("scores", scores.page),
        mutation("createScore", together=scores.create),
        mutation("updateScore", scores.update),
        mutation("deleteScore", scores.delete),
        mutation("createFeedback", scores.create_feedback),
        mutation("updateFeedback", scores.update_feedback),
    ),
    *_group(
        "attachments",
        query("attachment", attachments.get),
        mutation("createAttachment", attachments.create),
        mutation("updateAttachment", attachments.update),
        mutation("deleteAttachment", attachments.delete),
    ),
    *_group(
        "datasets",
        query("datasets", datasets.page),
        query("datasetItem", datasets.get_item),
        mutation("createDataset", datasets.create),
        mutation("updateDataset", datasets.update),
        mutation("deleteDataset", datasets.delete),
        mutation("createDatasetItem", datasets.create_item),
        mutation("deleteDatasetItem", datasets.delete_item),
        mutation("addStepToDataset", datasets.add_step),
        mutation("addGenerationToDataset", datasets.add_generation),
        mutation("createDatasetExperiment", experiments.create),
        mutation("createDatasetExperimentItem", experiments.add),
    ),
    *_group(
        "prompts",
        query("promptLineage", prompts.get),
        query("promptVersion", prompts.get_version),
        query("promptLineageRollout", prompts.rollouts),
        mutation("createPromptLineage", prompts.create),
        mutation("createPromptVersion", prompts.create_version),
        mutation("createPromptExperiment", prompts.create_variant),
        mutation("updatePromptLineageRollout", prompts.update_rollouts, refused=prompts.refused),
    ),
)
"""What is asked by GraphQL, at the root of a query or a mutation."""

FIELDS: Final = {row.name: row for row in ROWS}

GRAPHQL: Final = "graphql"
SIGNED: Final = "signed"
"""The group of paths that ask for no key: their addresses carry a signature of ours."""
PAGES: Final = "pages"
"""The group of paths that ask for no key, because they give nothing away."""

PATHS: Final = (
    # Each field of a request has a scope of its own, which is asked for once it is known what the request is.
    Operation(name=GRAPHQL, method="POST", path="/api/graphql", need=Scope.READ),
    Operation(
        name="myProject",
        method="POST",
        path="/api/my-project",
        need=Scope.READ,
        handler=paths.project,
        group="projects",
    ),
    Operation(
        name="exportThreadPages",
        method="POST",
        path="/api/export/threads",
        need=Scope.READ,
        handler=paths.export_threads,
        group="threads",
    ),
    Operation(
        name="exportDataset",
        method="POST",
        path="/api/export/dataset",
        need=Scope.READ,
        handler=datasets.export,
        group="datasets",
    ),
    write("uploadFile", "/api/upload/file", uploads.ask, group="attachments"),
    write("takeUpload", "/api/upload/content", uploads.take, group=SIGNED),
    read("readFile", "/api/files/{file_id}", uploads.read, group=SIGNED),
    read("threadPage", "/projects/{project_id}/logs/threads/{thread_id}", pages.thread, group=PAGES),
    read("playgroundPage", "/projects/{project_id}/playground", pages.playground, group=PAGES),
)
"""What is asked by path."""
