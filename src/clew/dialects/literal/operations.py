"""Everything that the clients' APIs have, field by field and path by path: answered, or declined with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clew.dialects.literal.fields import Field, mutation, query
from clew.dialects.literal.handlers import attachments, participants, paths, scores, steps, threads, uploads
from clew.domain.project import Scope
from clew.web.operation import Operation, read, write

_LATER_PROMPTS: Final = "prompts come with a later version"
_LATER_DATASETS: Final = "datasets and experiments come with a later version"
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
        query("datasets", why_not=_LATER_DATASETS),
        query("datasetItem", why_not=_LATER_DATASETS),
        mutation("createDataset", why_not=_LATER_DATASETS),
        mutation("updateDataset", why_not=_LATER_DATASETS),
        mutation("deleteDataset", why_not=_LATER_DATASETS),
        mutation("createDatasetItem", why_not=_LATER_DATASETS),
        mutation("deleteDatasetItem", why_not=_LATER_DATASETS),
        mutation("addStepToDataset", why_not=_LATER_DATASETS),
        mutation("addGenerationToDataset", why_not=_LATER_DATASETS),
        mutation("createDatasetExperiment", why_not=_LATER_DATASETS),
        mutation("createDatasetExperimentItem", why_not=_LATER_DATASETS),
    ),
    *_group(
        "prompts",
        query("promptLineage", why_not=_LATER_PROMPTS),
        query("promptVersion", why_not=_LATER_PROMPTS),
        query("promptLineageRollout", why_not=_LATER_PROMPTS),
        mutation("createPromptLineage", why_not=_LATER_PROMPTS),
        mutation("createPromptVersion", why_not=_LATER_PROMPTS),
        mutation("createPromptExperiment", why_not=_LATER_PROMPTS),
        mutation("updatePromptLineageRollout", why_not=_LATER_PROMPTS),
    ),
)
"""What is asked by GraphQL, at the root of a query or a mutation."""

FIELDS: Final = {row.name: row for row in ROWS}

GRAPHQL: Final = "graphql"
SIGNED: Final = "signed"
"""The group of paths that ask for no key: their addresses carry a signature of ours."""

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
        why_not=_LATER_DATASETS,
        group="datasets",
    ),
    write("uploadFile", "/api/upload/file", uploads.ask, group="attachments"),
    write("takeUpload", "/api/upload/content", uploads.take, group=SIGNED),
    read("readFile", "/api/files/{file_id}", uploads.read, group=SIGNED),
)
"""What is asked by path."""
