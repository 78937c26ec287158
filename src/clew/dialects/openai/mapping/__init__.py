"""Between this dialect's wire shapes and our nouns: pure, total, one module a noun.

What this dialect cannot say is left out of what it shows and left alone by what it changes: names,
descriptions, tags, participants, environments and expirations of threads; items that are neither messages
nor a run's generations; metadata values that are not strings are shown as JSON text.
"""

from clew.dialects.openai.mapping.assistants import assistant_from_wire, assistant_patch, assistant_to_wire
from clew.dialects.openai.mapping.common import metadata_filter, replaced_metadata
from clew.dialects.openai.mapping.files import file_to_wire, part_to_wire, upload_to_wire
from clew.dialects.openai.mapping.indexes import (
    batch_places,
    batch_to_wire,
    index_expiration,
    index_file_to_wire,
    index_from_wire,
    index_to_wire,
    place_from_wire,
)
from clew.dialects.openai.mapping.messages import message_delta, message_from_wire, message_to_wire
from clew.dialects.openai.mapping.runs import outputs_from_wire, run_from_wire, run_to_wire, step_delta, step_to_wire
from clew.dialects.openai.mapping.threads import thread_from_wire, thread_to_wire
from clew.dialects.openai.mapping.tools import resources_from_wire

__all__ = [
    "assistant_from_wire",
    "assistant_patch",
    "assistant_to_wire",
    "batch_places",
    "batch_to_wire",
    "file_to_wire",
    "index_expiration",
    "index_file_to_wire",
    "index_from_wire",
    "index_to_wire",
    "message_delta",
    "message_from_wire",
    "message_to_wire",
    "metadata_filter",
    "outputs_from_wire",
    "part_to_wire",
    "place_from_wire",
    "replaced_metadata",
    "resources_from_wire",
    "run_from_wire",
    "run_to_wire",
    "step_delta",
    "step_to_wire",
    "thread_from_wire",
    "thread_to_wire",
    "upload_to_wire",
]
