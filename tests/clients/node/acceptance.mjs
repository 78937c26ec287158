// What programs do with the official Node client: one table of small checks.
//
//     node acceptance.mjs http://127.0.0.1:8400/v1
//
// prints a line of JSON for each, {"check": …, "problem": null} or with the stack. The model behind the server must
// have learnt its part (`ready_model` in `conftest.py`).

import assert from "node:assert/strict";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import OpenAI, { toFile } from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "any", maxRetries: 0 });
const { assistants, threads } = client.beta;
const { runs } = threads;

const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const checks = new Map();
const check = (name, does) => checks.set(name, does);

async function begin(text, more = {}) {
  const assistant = await assistants.create({ model: "gpt-4o", tools: [WEATHER], ...more });
  const thread = await threads.create({ messages: [{ role: "user", content: text }] });
  return [thread.id, { assistant_id: assistant.id }];
}

/** Who said what, in the order in which it was said. */
async function texts(threadId) {
  const said = [];
  for await (const message of threads.messages.list(threadId, { order: "asc" })) {
    said.push([message.role, message.content[0].text.value]);
  }
  return said;
}

function outputs(run) {
  return run.required_action.submit_tool_outputs.tool_calls.map((call) => ({
    tool_call_id: call.id,
    output: `rain in ${JSON.parse(call.function.arguments).city}`,
  }));
}

check("the complete loop ends in an answer", async () => {
  const assistant = await assistants.create({ name: "Helper", model: "gpt-4", instructions: "You are helpful." });
  const thread = await threads.create();
  await threads.messages.create(thread.id, { role: "user", content: "Tell me a joke" });
  let run = await runs.create(thread.id, { assistant_id: assistant.id });
  while (!["completed", "failed"].includes(run.status)) {
    run = await runs.retrieve(run.id, { thread_id: thread.id });
  }
  assert.deepEqual(await texts(thread.id), [
    ["user", "Tell me a joke"],
    ["assistant", "You said: Tell me a joke"],
  ]);
});

check("the helper polls a run to its end", async () => {
  const run = await runs.createAndPoll(...(await begin("Hello!")), { pollIntervalMs: 20 });
  assert.equal(run.status, "completed");
});

check("the helper polls as often as the server tells it to", async () => {
  const run = await runs.createAndPoll(...(await begin("Hello!")));
  assert.equal(run.status, "completed");
});

check("the helper polls a thread made with its run to the end", async () => {
  const [, { assistant_id }] = await begin("Hello!");
  const thread = { messages: [{ role: "user", content: "Hello!" }] };
  const run = await threads.createAndRunPoll({ assistant_id, thread }, { pollIntervalMs: 20 });
  assert.equal(run.status, "completed");
});

check("the helper waits until a run is cancelled", async () => {
  const [threadId, body] = await begin("Think about it forever.");
  const run = await runs.create(threadId, body);
  await runs.cancel(run.id, { thread_id: threadId });
  const ended = await runs.poll(run.id, { thread_id: threadId }, { pollIntervalMs: 20 });
  assert.equal(ended.status, "cancelled");
});

check("a run calls a function", async () => {
  const [threadId, body] = await begin("How is the weather in Oslo?");
  const run = await runs.createAndPoll(threadId, body, { pollIntervalMs: 20 });
  assert.equal(run.status, "requires_action");
  const submitted = { thread_id: threadId, tool_outputs: outputs(run) };
  const ended = await runs.submitToolOutputsAndPoll(run.id, submitted, { pollIntervalMs: 20 });
  assert.equal(ended.status, "completed");
  assert.deepEqual((await texts(threadId)).at(-1), ["assistant", "It rains."]);
});

check("outputs are streamed from inside the event that asks for them", async () => {
  const [threadId, body] = await begin("Compare the weather of two cities.");
  const stream = runs.stream(threadId, body);
  let inner;
  for await (const { event, data } of stream) {
    if (event === "thread.run.requires_action") {
      const submitted = { thread_id: data.thread_id, tool_outputs: outputs(data) };
      inner = runs.submitToolOutputsStream(data.id, submitted);
      assert.equal((await inner.finalRun()).status, "completed");
    }
  }
  const [message] = await inner.finalMessages();
  assert.equal(message.content[0].text.value, "It rains.");
});

check("calls are told one after another", async () => {
  const [threadId, body] = await begin("Compare the weather of two cities.");
  const told = [];
  const stream = runs
    .stream(threadId, body)
    .on("toolCallCreated", (call) => told.push(["created", call.function.name]))
    .on("toolCallDone", (call) => told.push(["done", JSON.parse(call.function.arguments).city]));
  const [step] = await stream.finalRunSteps();
  assert.deepEqual(told, [
    ["created", "get_weather"],
    ["done", "Oslo"],
    ["created", "get_weather"],
    ["done", "Rome"],
  ]);
  const owed = (await stream.finalRun()).required_action.submit_tool_outputs.tool_calls;
  const added = step.step_details.tool_calls;
  assert.deepEqual(
    added.map((call) => call.id),
    owed.map((call) => call.id),
  );
});

check("a stream ends in its run and its messages", async () => {
  let said = "";
  const order = [];
  const stream = runs
    .stream(...(await begin("Hello!")))
    .on("messageCreated", (message) => order.push(["created", message.content.length]))
    .on("textCreated", () => order.push(["text"]))
    .on("textDelta", (delta) => (said += delta.value))
    .on("textDone", (text) => order.push(["text done", text.value]))
    .on("messageDone", (message) => order.push(["done", message.content[0].text.value]));
  const run = await stream.finalRun();
  const [message] = await stream.finalMessages();
  assert.equal(run.status, "completed");
  assert.equal(message.content[0].text.value, said);
  assert.deepEqual(order, [
    ["created", 0],
    ["text"],
    ["text done", "You said: Hello!"],
    ["done", "You said: Hello!"],
  ]);
});

check("a stream of a thread made with its run ends in its run", async () => {
  const [, { assistant_id }] = await begin("Hello!");
  const thread = { messages: [{ role: "user", content: "Hello!" }] };
  const stream = threads.createAndRunStream({ assistant_id, thread });
  assert.equal((await stream.finalRun()).status, "completed");
});

check("a stream of a run that fails ends in its run", async () => {
  const stream = runs.stream(...(await begin("Break down.")));
  assert.equal((await stream.finalRun()).last_error.code, "server_error");
});

check("a stream is read without a helper", async () => {
  const [threadId, body] = await begin("Hello!");
  const names = [];
  for await (const event of await runs.create(threadId, { ...body, stream: true })) names.push(event.event);
  assert.deepEqual([names.at(0), names.at(-1)], ["thread.run.created", "thread.run.completed"]);
});

check("a list is walked over all its pages", async () => {
  const numbers = Array.from({ length: 25 }, (_, number) => `Number ${number}`);
  const { id } = await threads.create({ messages: numbers.map((content) => ({ role: "user", content })) });
  const walked = [];
  for await (const message of threads.messages.list(id, { limit: 10, order: "asc" })) {
    walked.push(message.content[0].text.value);
  }
  assert.deepEqual(walked, numbers);
  const page = await threads.messages.list(id, { limit: 20 });
  const next = await page.getNextPage();
  assert.deepEqual([next.data.length, next.hasNextPage()], [5, false]);
});

check("steps are listed with what they include", async () => {
  const [threadId, body] = await begin("Hello!");
  const run = await runs.createAndPoll(threadId, body, { pollIntervalMs: 20 });
  const include = ["step_details.tool_calls[*].file_search.results[*].content"];
  const { data } = await runs.steps.list(run.id, { thread_id: threadId, include });
  assert.deepEqual(
    data.map((step) => step.type),
    ["message_creation"],
  );
});

check("things are deleted by calls that have no body", async () => {
  const { id } = await threads.create();
  assert.deepEqual(await threads.delete(id), { id, object: "thread.deleted", deleted: true });
  await assert.rejects(threads.retrieve(id), OpenAI.NotFoundError);
});

check("a file is uploaded whose form names its purpose last", async () => {
  const file = await client.files.create({ file: await toFile(Buffer.from("Kept."), "a.txt"), purpose: "assistants" });
  assert.deepEqual([file.filename, file.bytes, file.purpose], ["a.txt", 5, "assistants"]);
  assert.equal(await (await client.files.content(file.id)).text(), "Kept.");
});

check("a file is uploaded whose form names its purpose first", async () => {
  const file = await client.files.create({ purpose: "assistants", file: await toFile(Buffer.from("Kept."), "a.txt") });
  assert.deepEqual([file.filename, file.bytes, file.purpose], ["a.txt", 5, "assistants"]);
});

check("a file is uploaded as it is read from disk", async () => {
  const folder = mkdtempSync(join(tmpdir(), "acceptance-"));
  try {
    writeFileSync(join(folder, "page.md"), "# A page\n".repeat(50_000));
    const file = await client.files.create({ file: createReadStream(join(folder, "page.md")), purpose: "assistants" });
    assert.deepEqual([file.filename, file.bytes], ["page.md", 450_000]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

check("files are uploaded into a vector store and waited for", async () => {
  const store = await client.vectorStores.create({ name: "Papers" });
  const files = [await toFile(Buffer.from("first"), "1.txt"), await toFile(Buffer.from("second"), "2.txt")];
  const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files });
  assert.deepEqual([batch.status, batch.file_counts.completed], ["completed", 2]);
  const file = await client.vectorStores.files.uploadAndPoll(store.id, await toFile(Buffer.from("third"), "3.txt"));
  assert.equal(file.status, "completed");
});

check("models are listed", async () => {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.deepEqual(names, ["scripted"]);
});

check("a refusal says what is wrong", async () => {
  const problem = await threads.retrieve("thread_none").catch((raised) => raised);
  assert.ok(problem instanceof OpenAI.NotFoundError);
  assert.equal(problem.error.message, "No thread found with id 'thread_none'.");
  assert.match(problem.requestID, /^req_/);
});

for (const [name, does] of checks) {
  const problem = await does().then(
    () => null,
    (raised) => String(raised?.stack ?? raised),
  );
  console.log(JSON.stringify({ check: name, problem }));
}
