/** Answers of servers that send more than anybody should read. */

import {createServer, type Server} from "node:http";
import type {AddressInfo} from "node:net";
import {afterEach, expect, test} from "vitest";
import {run} from "../../src/commands/run.js";
import {memoryHost} from "./memory-host.js";

let server: Server;
afterEach(() => server.close());

/** A server that does not stop talking, and how much of it was taken. */
async function talker(): Promise<{url: string; sentBytes: () => number}> {
  const part = Buffer.alloc(64 * 1024, "x");
  let sentBytes = 0;
  server = createServer((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(part)) sentBytes += part.length;
    };
    response.on("drain", more);
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sentBytes: () => sentBytes};
}

async function refusal(line: string, env: Readonly<Record<string, string>> = {}) {
  const host = {...memoryHost({argv: [...line.split(" "), "--json"], env}), fetch: globalThis.fetch};
  return {status: await run(host), error: JSON.parse(host.out()).error as {code: string}};
}

test("metrics without an end are not read on", async () => {
  const {url, sentBytes} = await talker();
  const ran = await refusal(`watch archspoof --once --metrics-url ${url}`);
  expect(ran).toMatchObject({status: 4, error: {code: "METRICS_UNREADABLE"}});
  expect(sentBytes()).toBeLessThan(16 * 1024 * 1024);
});

test("a quorum service's answer without an end is not read on", async () => {
  const {url, sentBytes} = await talker();
  const ran = await refusal(`quorum audit verify --coordinator ${url}`);
  expect(ran).toMatchObject({status: 3, error: {code: "ANSWER_TOO_LARGE"}});
  expect(sentBytes()).toBeLessThan(64 * 1024 * 1024);
});
