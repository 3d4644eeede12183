/** The quorum services over HTTP: what they answer stays bounded, and no answer ends the process. */
import {expect, onTestFinished, test} from "vitest";
import type {Value} from "../../../../src/codecs/quorum/json.js";
import {answerRequest, answerText, get, type QuorumRoute} from "../../../../src/node/api/quorum/route.js";
import {DEFAULT_QUORUM_SERVER, QuorumServer} from "../../../../src/node/api/quorum/server.js";
import {Cluster} from "../../../support/quorum-cluster.js";

async function serve(routes: readonly QuorumRoute[]) {
  const errors: unknown[] = [];
  const quiet = () => undefined;
  const log = {debug: quiet, info: quiet, warn: quiet, error: (fields: unknown) => errors.push(fields)};
  const server = new QuorumServer({...DEFAULT_QUORUM_SERVER, host: "127.0.0.1", port: 0}, routes, log as never);
  const stop = new AbortController();
  await server.start(stop.signal);
  onTestFinished(() => server.stop());
  return {url: server.url, errors};
}

test("an answer that cannot be written is a 500, and the next one comes", async () => {
  let deep: Value = [];
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  const {url, errors} = await serve([get("/deep", () => deep), get("/flat", () => "fine")]);
  const answer = await fetch(`${url}/deep`);
  expect([answer.status, await answer.json()]).toEqual([500, {detail: "Internal Server Error"}]);
  expect(await (await fetch(`${url}/flat`)).json()).toBe("fine");
  expect(errors).toHaveLength(1);
});

test("a request whose headers cannot be sent is cut, and the process lives", async () => {
  const broken: QuorumRoute = {method: "GET", path: "/x", answer: () => "x"};
  const headers = {method: "\u0100" as "GET", path: "/x", answer: () => "x"};
  const {url, errors} = await serve([broken, headers, get("/flat", () => "fine")]);
  await expect(fetch(`${url}/x`, {method: "DELETE"})).rejects.toThrow("fetch failed");
  expect(await (await fetch(`${url}/flat`)).json()).toBe("fine");
  expect(errors).toHaveLength(1);
});

const ask = async (path: string, body: string) => {
  const answer = await answerRequest(new Cluster().coordinator, {method: "POST", path, body});
  const text = answerText(answer);
  return {status: answer.status, text, detail: JSON.parse(text).detail};
};

test("a body of 60,000 faults is answered with 100 of them, and each with little of what came", async () => {
  const many = await ask("/rotate", `{"program_id":"p","onboard_x_coords":[${Array(60_000).fill('"x"')}]}`);
  expect([many.status, many.detail.length]).toEqual([422, 100]);
  const long = "x".repeat(100_000);
  const named = Array.from({length: 300}, (_, at) => `"${long.slice(0, 2_000)}${at}":"${long.slice(0, 2_000)}"`);
  const large = await ask("/eval", `{"inputs":{${named}}}`);
  expect([large.status, large.detail.length]).toEqual([422, 100]);
  expect(large.text.length).toBeLessThan(100_000);
  expect(large.detail[0]).toMatchObject({type: "missing", loc: ["body", "identity_id"], input: null});
  expect(large.detail[2]).toMatchObject({loc: ["body", "inputs", long.slice(0, 256)], input: long.slice(0, 256)});
});

test("an identity has at most 256 characters", async () => {
  const body = (identity: string) => `{"identity_id":"${identity}","program_id":"p","inputs":{}}`;
  // A character beyond the basic plane is one, as the reference's framework counts.
  expect((await ask("/eval", body("😀".repeat(256)))).status).toBe(404);
  for (const identity of ["a".repeat(257), "😀".repeat(257)])
    expect(await ask("/eval", body(identity))).toMatchObject({
      status: 422,
      detail: [{type: "string_too_long", msg: "String should have at most 256 characters"}],
    });
});

test("a port that somebody has is refused with a hint", async () => {
  const {url} = await serve([]);
  const port = Number(new URL(url).port);
  const second = new QuorumServer({...DEFAULT_QUORUM_SERVER, host: "127.0.0.1", port}, [], {} as never);
  await expect(second.start(new AbortController().signal)).rejects.toMatchObject({
    code: "LISTEN_FAILED",
    hint: expect.stringContaining("--port"),
  });
});
