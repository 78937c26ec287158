"""Every list over the wire: its order, its cursors, its limits and its ends."""

import re

import httpx2
import pytest
from clew.dialects.openai.operations import OPERATIONS
from openai import OpenAI
from support.scripted_model import ScriptedModel
from support.server import RunningServer

SIZE = 5
EMPTY = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
TOOL = {"type": "function", "function": {"name": "f"}}


class Lists:
    """Of every list: one with five things, their ids as they were made, and one without any."""

    def __init__(self, http, model):
        self.http = http
        self.full, self.made, self.none = {}, {}, {}
        self.add("listAssistants", "/assistants", [self.make("/assistants", model="m", tools=[TOOL]) for _ in range(SIZE)])
        assistant = self.made["listAssistants"][0]
        said = [{"role": "user", "content": str(number)} for number in range(SIZE)]
        self.add("listThreads", "/threads", [self.make("/threads", messages=said) for _ in range(SIZE)])
        first, second, free = self.made["listThreads"][:3]
        messages = self.get(f"/threads/{first}/messages", order="asc")["data"]
        assert [message["content"][0]["text"]["value"] for message in messages] == list("01234")
        self.add("listMessages", f"/threads/{first}/messages", [message["id"] for message in messages])
        self.none["listMessages"] = f"/threads/{self.made['listThreads'][3]}/messages?run_id=run_x"
        self.none["listRuns"] = f"/threads/{free}/runs"
        runs = f"/threads/{second}/runs"
        self.add("listRuns", runs, [self.run(runs, assistant, ["one", "two"]) for _ in range(SIZE)])
        runs = f"/threads/{first}/runs"
        held = self.run(runs, assistant, [])
        self.none["listRunSteps"] = f"{runs}/{held}/steps"
        self.http.post(f"{runs}/{held}/cancel").raise_for_status()
        for _ in range(2):
            model.call(("f", {}))
        run = f"{runs}/{self.run(runs, assistant, None)}"
        self.answer(run)
        self.answer(run)
        steps = [step["id"] for step in self.get(f"{run}/steps", order="asc")["data"]]
        self.add("listRunSteps", f"{run}/steps", steps)
        files = [self.file(number) for number in range(SIZE)]
        self.add("listFiles", "/files", files)
        self.none["listFiles"] = "/files?purpose=vision"
        stores = [self.make("/vector_stores") for _ in range(SIZE)]
        self.add("listVectorStores", "/vector_stores", stores)
        batch = self.make(f"/vector_stores/{stores[0]}/file_batches", file_ids=files)
        self.add("listVectorStoreFiles", f"/vector_stores/{stores[0]}/files", files)
        self.add("listFilesInVectorStoreBatch", f"/vector_stores/{stores[0]}/file_batches/{batch}/files", files)
        self.none["listVectorStoreFiles"] = f"/vector_stores/{stores[1]}/files"
