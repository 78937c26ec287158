// What programs do with the last Node client of Literal AI: one table of small checks.
//
//     node acceptance.mjs http://127.0.0.1:8400
//
// prints a line of JSON for each, {"check": …, "problem": null} or with the stack. Every check brings its own things,
// and finds those of others.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Attachment, ChatGeneration, CompletionGeneration, LiteralClient, Score } from "@literalai/client";
import OpenAI from "openai";

const url = process.argv[2];
const client = new LiteralClient({ apiKey: "any", apiUrl: url });
const { api } = client;
const checks = new Map();
const check = (name, does) => checks.set(name, does);
const name = (word) => `${word} ${randomUUID()}`;

/** What the client finds, as soon as it is so: it does not wait for its own sending. */
async function once(find, holds = (found) => found) {
  for (;;) {
    const found = await find();
    if (holds(found)) return found;
  }
}

async function refused(does) {
  const problem = await does().then(
    () => assert.fail("nothing was refused"),
    (raised) => raised,
  );
  return JSON.parse(problem.message)[0];
}

check("the key's project has a name", async () => {
  assert.equal(await api.getProjectId(), "default");
});

check("an address with a slash at its end is the same", async () => {
  const there = new LiteralClient({ apiKey: "any", apiUrl: `${url}/` });
  assert.equal(await there.api.getProjectId(), "default");
  assert.equal(await there.api.getThread("nowhere"), null);
});

check("a thread is made, changed and read", async () => {
  const { id } = await client.thread({ name: "One", tags: ["a"], metadata: { k: 1 } }).upsert();
  const made = await api.getThread(id);
  assert.deepEqual([made.name, made.tags, made.metadata, made.steps], ["One", ["a"], { k: 1 }, []]);
  const who = name("ann");
  await api.upsertThread({ threadId: id, name: "Two", participantId: who });
  const changed = await api.getThread(id);
  assert.deepEqual([changed.name, changed.tags, changed.metadata], ["Two", ["a"], { k: 1 }]);
  const filters = [{ field: "participantIdentifiers", operator: "in", value: [who] }];
  assert.deepEqual((await api.getThreads({ filters })).data.map((one) => one.id), [id]);
});

check("a thread is deleted, and reads as none at once", async () => {
  const { id } = await client.thread({ name: "One" }).upsert();
  assert.equal(await api.deleteThread(id), id);
  assert.equal(await api.getThread(id), null);
});

check("steps may come before their thread, and children before their parents", async () => {
  const thread = client.thread();
  const run = thread.run({ name: "run", id: randomUUID(), input: { q: 1 } });
  const tool = run.step({ name: "tool", type: "tool", input: { a: [1] }, output: { b: null } });
  await tool.send();
  await run.send();
  await thread.upsert();
  const { steps } = await api.getThread(thread.id);
  assert.deepEqual(new Set(steps.map((step) => step.name)), new Set(["run", "tool"]));
  const read = await api.getStep(tool.id);
  assert.deepEqual([read.parentId, read.input, read.output], [run.id, { a: [1] }, { b: null }]);
  assert.equal(read.environment, "prod");
});

check("many steps go as one batch", async () => {
  const thread = await client.thread().upsert();
  const steps = Array.from({ length: 30 }, (_, at) => thread.step({ name: `step ${at}`, type: "tool" }));
  await api.sendSteps(steps);
  assert.equal((await api.getThread(thread.id)).steps.length, 30);
});

check("steps of all types are read as what they were sent", async () => {
  const thread = await client.thread().upsert();
  const types = "run tool llm embedding retrieval rerank undefined user_message assistant_message system_message";
  for (const type of types.split(" ")) {
    const sent = await thread.step({ type, name: type, output: { content: type } }).send();
    const read = await api.getStep(sent.id);
    assert.deepEqual([read.type, read.name, read.output], [type, type, { content: type }]);
  }
});

check("an error that is an object is kept as its text", async () => {
  const step = await client.run({ name: "run", error: { code: 7 } }).send();
  assert.equal((await api.getStep(step.id)).error, '{"code":7}');
  assert.equal((await api.getStep(step.id)).threadId, null);
});

check("a step that was read may be sent again, and stays as it was", async () => {
  const thread = await client.thread().upsert();
  const generation = new ChatGeneration({
    provider: "openai",
    model: "gpt-4o",
    messages: [{ role: "user", content: "Hi" }],
    messageCompletion: { role: "assistant", content: "Hello" },
    inputTokenCount: 3,
    outputTokenCount: 4,
    tokenCount: 7,
    duration: 1.5,
    tags: ["t"],
  });
  const { objectKey } = await api.uploadFile({ content: Buffer.from("plums"), mime: "text/plain" });
  const attachments = [new Attachment({ name: "notes", objectKey, mime: "text/plain", metadata: { p: 1 } })];
  const scores = [new Score({ name: "good", type: "AI", value: 0.5 })];
  const input = { q: "Hi" };
  const sent = thread.step({ name: "model", type: "llm", input, generation, attachments, scores, metadata: { m: 1 } });
  await sent.send();
  const first = await api.getStep(sent.id);
  assert.deepEqual([first.generation.tokenCount, first.generation.type, first.input], [7, "CHAT", input]);
  assert.deepEqual([first.attachments.length, first.scores.length], [1, 1]);
  await first.send();
  const second = await api.getStep(sent.id);
  assert.deepEqual(JSON.parse(JSON.stringify(second.serialize())), JSON.parse(JSON.stringify(first.serialize())));
  second.output = { content: "Hello" };
  second.tags = ["new"];
  await second.send();
  const third = await api.getStep(sent.id);
  assert.deepEqual([third.output, third.generation.tokenCount, third.scores.length], [{ content: "Hello" }, 7, 1]);
  assert.ok(third.tags.includes("new"));
});

check("wrapped functions become a tree of steps in a thread", async () => {
  const thread = client.thread({ name: "wrapped" });
  await thread.wrap(async () => {
    await client.step({ name: "question", type: "user_message", output: { content: "Hi" } }).send();
    return client.run({ name: "run" }).wrap(async () => {
      await client.step({ name: "search", type: "retrieval" }).wrap(() => [1, 2]);
      return { content: "done" };
    });
  });
  const { steps } = await once(
    () => api.getThread(thread.id),
    (found) => found?.name === "wrapped" && found.steps.length === 3 && found.steps.every((step) => step.endTime),
  );
  const [run, search] = ["run", "search"].map((word) => steps.find((step) => step.name === word));
  assert.deepEqual([search.parentId, search.rootRunId], [run.id, run.id]);
  assert.deepEqual([search.output, run.output], [{ output: [1, 2] }, { content: "done" }]);
});

check("what is said around a function goes with its steps", async () => {
  const stepId = randomUUID();
  const decorated = client.decorate({ metadata: { town: "Oslo" }, tags: ["said"], stepId });
  await decorated.wrap(() => client.run({ name: "run" }).send());
  const read = await api.getStep(stepId);
  assert.deepEqual([read.metadata, read.tags], [{ town: "Oslo" }, ["said"]]);
});

check("an environment goes with everything that is written", async () => {
  const dev = new LiteralClient({ apiKey: "any", apiUrl: url, environment: "dev" });
  const step = await dev.run({ name: "run" }).send();
  assert.equal((await api.getStep(step.id)).environment, "dev");
});

check("steps are listed by filters, newest first, page by page", async () => {
  const tag = name("tag");
  const ids = [];
  for (let at = 0; at < 3; at++) ids.push((await client.run({ name: `run ${at}`, tags: [tag] }).send()).id);
  const filters = [{ field: "tags", operator: "in", value: [tag] }];
  const page = await api.getSteps({ first: 2, filters });
  assert.deepEqual([page.data.map((step) => step.id), page.pageInfo.hasNextPage], [[ids[2], ids[1]], true]);
  const rest = await api.getSteps({ first: 2, filters, after: page.pageInfo.endCursor });
  assert.deepEqual([rest.data.map((step) => step.id), rest.pageInfo.hasNextPage], [[ids[0]], false]);
});

check("a deleted step is none", async () => {
  const step = await client.run({ name: "run" }).send();
  assert.equal(await api.deleteStep(step.id), step.id);
  assert.equal(await api.getStep(step.id), null);
});

check("threads are listed by what their steps said, with the steps that are asked for", async () => {
  const word = randomUUID();
  const thread = await client.thread({ name: word }).upsert();
  await thread.step({ type: "assistant_message", name: "a", output: { content: `Say ${word}!` } }).send();
  await thread.step({ type: "tool", name: "t" }).send();
  const filters = [{ field: "stepOutput", operator: "ilike", value: word, path: "content" }];
  const page = await api.getThreads({ filters, stepTypesToKeep: ["tool"] });
  assert.deepEqual([page.data.length, page.data[0].id, page.totalCount], [1, thread.id, 1]);
  assert.deepEqual(page.data[0].steps.map((step) => step.name), ["t"]);
});

check("threads are ordered by when they were made, and found after a time", async () => {
  const tag = name("tag");
  const ids = [];
  for (let at = 0; at < 3; at++) ids.push((await client.thread({ tags: [tag] }).upsert()).id);
  const filters = [{ field: "tags", operator: "in", value: [tag] }];
  const oldest = await api.getThreads({ filters, orderBy: { column: "createdAt", direction: "ASC" } });
  assert.deepEqual(oldest.data.map((thread) => thread.id), ids);
  const later = { field: "createdAt", operator: "gt", value: new Date(Date.now() + 86_400_000).toISOString() };
  assert.deepEqual((await api.getThreads({ filters: [...filters, later] })).data, []);
});

check("generations are logged by themselves, and found", async () => {
  const model = name("model");
  const sent = new CompletionGeneration({ model, provider: "p", prompt: "One", completion: "Two", tokenCount: 2 });
  await api.createGeneration(sent);
  const page = await api.getGenerations({ filters: [{ field: "model", operator: "eq", value: model }] });
  const [read] = page.data;
  assert.deepEqual([read.type, read.prompt, read.completion, read.tokenCount], ["COMPLETION", "One", "Two", 2]);
});

check("users are made once, changed, listed and deleted", async () => {
  const identifier = name("eve");
  const id = await api.getOrCreateUser(identifier, { town: "Oslo" });
  assert.equal(await api.getOrCreateUser(identifier, { town: "Rome" }), id);
  assert.deepEqual((await api.getUser(identifier)).metadata, { town: "Rome" });
  const filters = [{ field: "identifier", operator: "eq", value: identifier }];
  assert.deepEqual((await api.getUsers({ filters })).data.map((user) => user.id), [id]);
  assert.equal(await api.deleteUser(id), id);
  assert.equal(await api.getUser(identifier), undefined);
});

check("a second user of the same name is refused", async () => {
  const identifier = name("eve");
  await api.createUser(identifier);
  const { message } = await refused(() => api.createUser(identifier));
  assert.match(message, /already/);
});

check("scores are given, changed, listed and taken back", async () => {
  const step = await client.run({ name: "run" }).send();
  const made = await api.createScore({ stepId: step.id, name: name("good"), type: "HUMAN", value: 1, comment: "yes" });
  await api.updateScore(made.id, { value: 0, comment: "no" });
  const filters = [{ field: "name", operator: "eq", value: made.name }];
  const [read] = (await api.getScores({ filters })).data;
  assert.deepEqual([read.value, read.comment, read.stepId], [0, "no", step.id]);
  await api.deleteScore(made.id);
  assert.deepEqual((await api.getScores({ filters })).data, []);
});

check("scores may come many at once", async () => {
  const step = await client.run({ name: "run" }).send();
  const scores = [1, 2, 3].map((value) => new Score({ stepId: step.id, name: `s${value}`, type: "CODE", value }));
  assert.deepEqual((await api.createScores(scores)).map((score) => score.value), [1, 2, 3]);
  assert.equal((await api.getStep(step.id)).scores.length, 3);
});

check("bytes and files are uploaded, and read without a key", async () => {
  const folder = mkdtempSync(join(tmpdir(), "upload-"));
  writeFileSync(join(folder, "notes.txt"), "pears");
  const contents = [Buffer.from("pears"), new Blob(["pears"])];
  const ways = [...contents.map((content) => ({ content })), { path: join(folder, "notes.txt") }];
  for (const way of ways) {
    const made = await api.createAttachment({ ...way, name: "notes", mime: "text/plain", metadata: { p: 1 } });
    const step = await client.run({ name: "run", attachments: [made] }).send();
    const [read] = (await api.getStep(step.id)).attachments;
    assert.deepEqual([read.name, read.mime, read.objectKey], ["notes", "text/plain", made.objectKey]);
    assert.equal(await (await fetch(read.url)).text(), "pears");
  }
  rmSync(folder, { recursive: true });
});

check("an attachment goes with the step that it is made in", async () => {
  const run = client.run({ name: "run" });
  await run.wrap(() => api.createAttachment({ content: Buffer.from("x"), name: "inside", mime: "text/plain" }));
  const read = await once(() => api.getStep(run.id));
  assert.deepEqual(read.attachments.map((one) => one.name), ["inside"]);
});

check("a dataset is made, filled, changed, listed and deleted", async () => {
  const told = { name: name("set"), description: "d", metadata: { m: 1 }, type: "key_value" };
  const dataset = await api.createDataset(told);
  const item = await dataset.createItem({ input: { q: 1 }, expectedOutput: { a: 2 } });
  assert.deepEqual([item.datasetId, item.input, item.expectedOutput], [dataset.id, { q: 1 }, { a: 2 }]);
  await dataset.update({ description: "other" });
  const read = await api.getDataset({ name: dataset.name });
  assert.deepEqual([read.id, read.description, read.items.length], [dataset.id, "other", 1]);
  assert.ok((await api.getDatasets()).some((one) => one.id === dataset.id));
  assert.deepEqual((await api.getDatasetItem(item.id)).input, { q: 1 });
  await dataset.deleteItem(item.id);
  assert.deepEqual((await api.getDataset({ id: dataset.id })).items, []);
  await dataset.delete();
  assert.equal(await api.getDataset({ id: dataset.id }), null);
});

check("steps and generations are added to datasets", async () => {
  const run = await client.run({ name: "run", input: { q: 1 }, output: { a: 2 } }).send();
  await client.step({ name: "tool", type: "tool", parentId: run.id }).send();
  const dataset = await api.createDataset({ name: name("set") });
  const item = await dataset.addStep(run.id, { m: 1 });
  assert.deepEqual([item.input, item.expectedOutput, item.metadata], [{ q: 1 }, { a: 2 }, { m: 1 }]);
  assert.deepEqual(item.intermediarySteps.map((step) => step.name), ["tool"]);
  const messages = [{ role: "user", content: "Hi" }];
  const messageCompletion = { role: "assistant", content: "Hello" };
  const generation = () => api.createGeneration(new ChatGeneration({ messages, messageCompletion }));
  const made = await api.createDataset({ name: name("set"), type: "generation" });
  const added = await made.addGeneration((await generation()).id);
  assert.deepEqual([added.input, added.expectedOutput], [{ messages }, messageCompletion]);
  assert.equal((await made.addGenerations([(await generation()).id, (await generation()).id])).length, 2);
});

check("a prompt is made once for the same content, and read by name, version and id", async () => {
  const word = name("prompt");
  const messages = [{ role: "user", content: "Hello {{who}}" }];
  const settings = { provider: "openai", model: "gpt-4o" };
  const first = await api.getOrCreatePrompt(word, messages, settings);
  const again = await api.getOrCreatePrompt(word, messages, settings);
  const second = await api.getOrCreatePrompt(word, [{ role: "user", content: "Bye" }], settings);
  assert.deepEqual([first.version, again.id, second.version], [0, first.id, 1]);
  assert.equal((await api.getPrompt(word)).version, 1);
  const old = await api.getPrompt(word, 0);
  assert.deepEqual([old.id, old.provider, old.name], [first.id, "openai", word]);
  assert.equal(old.formatMessages({ who: "Ann" })[0].content, "Hello Ann");
  assert.equal((await api.getPromptById(second.id)).version, 1);
});

check("versions of a prompt are rolled out by percent", async () => {
  const word = name("prompt");
  for (const content of ["One", "Two"]) await api.getOrCreatePrompt(word, [{ role: "user", content }]);
  await api.updatePromptAbTesting(word, [{ version: 0, rollout: 100 }]);
  assert.deepEqual(await api.getPromptAbTesting(word), [{ version: 0, rollout: 100 }]);
  assert.equal((await api.getPrompt(word)).version, 0);
});

check("an experiment is logged with its scores, and its runs are of its environment", async () => {
  const dataset = await api.createDataset({ name: name("set") });
  const { id: datasetItemId } = await dataset.createItem({ input: { q: 1 } });
  const promptVariantId = await api.createPromptVariant(name("prompt"), [{ role: "user", content: "Hi" }]);
  const experiment = await dataset.createExperiment({ name: "try", promptVariantId, params: { k: 1 } });
  const run = client.experimentItemRun();
  await run.wrap(async () => {
    const scores = [{ name: "good", type: "AI", value: 0.5 }];
    const experimentRunId = client.getCurrentExperimentItemRunId();
    const item = await experiment.log({ datasetItemId, experimentRunId, input: { q: 1 }, output: { a: 1 }, scores });
    assert.deepEqual([item.output, item.experimentRunId], [{ a: 1 }, run.id]);
  });
  assert.equal((await once(() => api.getStep(run.id))).environment, "experiment");
});

check("an item of an experiment needs no scores", async () => {
  const dataset = await api.createDataset({ name: name("set") });
  const experiment = await dataset.createExperiment({ name: "try" });
  assert.deepEqual((await experiment.log({ input: { q: 1 }, output: { a: 1 }, scores: [] })).output, { a: 1 });
});

check("a thread of the assistants is copied into a thread of steps, from the same server", async () => {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 });
  const { assistants, threads } = openai.beta;
  const assistant = await assistants.create({ model: "gpt-4o", name: "Helper" });
  const thread = await threads.create({ messages: [{ role: "user", content: "Hello there" }] });
  await threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id }, { pollIntervalMs: 20 });
  const { syncer } = client.openai(openai).assistant;
  for (let twice = 0; twice < 2; twice++) await syncer.syncThread(thread.id, { identifier: name("ann") });
  const copy = await api.getThread(syncer.generateUUIDv5FromID(thread.id));
  assert.equal(copy.name, "Hello there");
  const said = copy.steps.map((step) => [step.type, step.output?.content]).filter(([type]) => type !== "run");
  assert.deepEqual(said.sort(), [
    ["assistant_message", "You said: Hello there"],
    ["user_message", "Hello there"],
  ]);
  assert.equal(copy.steps.find((step) => step.type === "run").generation.model, "gpt-4o");
});

check("a refusal says what is wrong", async () => {
  const { message, extensions } = await refused(() =>
    api.getThreads({ filters: [{ field: "nonsense", operator: "eq", value: 1 }] }),
  );
  assert.match(message, /nonsense/);
  assert.ok(extensions.code);
});

for (const [name, does] of checks) {
  const problem = await does().then(
    () => null,
    (raised) => String(raised?.stack ?? raised),
  );
  console.log(JSON.stringify({ check: name, problem }));
}
