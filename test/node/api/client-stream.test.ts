/** What the client makes of streams that are no streams of a node. */
import {createServer, type ServerResponse} from "node:http";
import type {AddressInfo} from "node:net";
import {describe, expect, onTestFinished, test} from "vitest";
import {CLIENT_DEFAULTS, createClient} from "../../../src/node/api/client.js";
import type {StreamMessage} from "../../../src/node/api/client-stream.js";

const ALL = {topics: null, after: null, lastEventId: null};
const START = 'event: start\ndata: {"chain_id":"c","head_seq":5,"pruned_seq":0}\n\n';
const REFUSED =
  '{"seq":7,"event":"proof_refused","height":1,"node_id":"rig","proof_id":"ab","epoch":0,"proof_height":1,' +
  '"miner_addr":"m","detail":"Größe → 1","proof":"{}"}';

/** Reads the stream that `answer` writes, into `told`. */
async function read(
  answer: (response: ServerResponse) => void,
  {type = "text/event-stream", told = []}: {type?: string; told?: StreamMessage[]} = {},
): Promise<void> {
  const server = createServer((_request, response) => {
    response.writeHead(200, {"content-type": type});
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = createClient({
    ...CLIENT_DEFAULTS,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
  onTestFinished(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  for await (const message of client.events(ALL)) told.push(message);
}

describe("a stream is given up as unavailable", () => {
  test.each<[string, string, string]>([
    ["that just ends", START, "STREAM_CUT"],
    ["that ends inside an event", `${START}event: blocks\ndata: {`, "STREAM_CUT"],
    ["with an unknown event", `${START}event: weather\ndata: {"seq":1}\n\n`, "ANSWER_INVALID"],
    ["with an event that is no JSON", `${START}event: blocks\ndata: sunny\n\n`, "ANSWER_INVALID"],
    ["with an event without its number", `${START}event: params\ndata: {"event":"x"}\n\n`, "ANSWER_INVALID"],
    ["with a start that is none", "event: start\ndata: {}\n\n", "ANSWER_INVALID"],
    [
      "that says why it ends",
      'event: end\ndata: {"error":{"code":"NODE_STOPPING","message":"m"}}\n\n',
      "NODE_STOPPING",
    ],
  ])("%s", async (_name, text, code) => {
    await expect(read((response) => void response.end(text))).rejects.toMatchObject({code, exitCode: 4});
  });

  test("whose events have no end", async () => {
    const endless = (response: ServerResponse): void => {
      response.write(START);
      const more = (): void => {
        while (response.write(`data: ${"x".repeat(60_000)}\n`));
        response.once("drain", more);
      };
      more();
    };
    await expect(read(endless)).rejects.toMatchObject({code: "ANSWER_INVALID"});
  });

  test("that is a page of something else", async () => {
    await expect(read((response) => void response.end("<html>"), {type: "text/html"})).rejects.toMatchObject({
      code: "ANSWER_INVALID",
    });
  });
});

test("events are whole however the bytes are cut", async () => {
  const bytes = Buffer.from(`${START}: a remark\n\nid: 7\nevent: proofs\ndata: ${REFUSED}\n\n`);
  const told: StreamMessage[] = [];
  const slow = (response: ServerResponse): void => {
    let at = 0;
    const next = (): void => {
      if (at >= bytes.length) return void response.end('event: end\ndata: {"error":{"code":"DONE","message":"m"}}\n\n');
      const part = bytes.subarray(at, at + 7);
      at += part.length;
      response.write(part, () => setImmediate(next));
    };
    next();
  };
  await expect(read(slow, {told})).rejects.toMatchObject({code: "DONE"});
  expect(told.map(({type}) => type)).toEqual(["start", "event"]);
  expect(told[1]).toMatchObject({event: {seq: 7n, topic: "proofs", body: {detail: "Größe → 1", proof: "{}"}}});
});
