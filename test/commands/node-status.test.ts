import {expect, test} from "vitest";
import {utf8} from "../../src/codecs/bytes.js";
import {linesOf} from "../../src/commands/node/watch-status.js";
import {CLIENT_DEFAULTS, createClient} from "../../src/node/api/client.js";
import {serve} from "../support/api.js";
import {eventually} from "../support/node.js";
import {type DeskOptions, deskOf} from "./against-node.js";
import type {MemoryHost} from "./memory-host.js";

/** Watches a node until `enough` of the output is there, then presses Ctrl-C. */
async function watched(url: string, flags: string, enough: (host: MemoryHost) => boolean, options: DeskOptions = {}) {
  return deskOf(url, utf8("")).qsdm(`node status --watch --interval 10ms ${flags}`, {
    ...options,
    onHost: (host) => void eventually(async () => enough(host)).then(() => host.signal("SIGINT")),
  });
}
const linesIn = (text: string): string[] => text.split("\n").filter((line) => line !== "");

test("--watch prints a line for each look, until Ctrl-C", async () => {
  const {url} = await serve();
  const ran = await watched(url, "", (host) => linesIn(host.out()).length >= 3);
  const [first, second] = linesIn(ran.out);
  expect(first!.split("\t").slice(0, 2)).toEqual(["qsdm-test", "12"]);
  expect(second!.split("\t").slice(0, 2)).toEqual(["qsdm-test", "12"]);
  expect(ran.status).toBe(0);
});

test("--watch --json prints an object a line, and goes on while the node is not ready", async () => {
  let healthy = true;
  const {url} = await serve({}, {ports: {healthy: () => healthy}});
  const seen = (host: MemoryHost): boolean => {
    const events = linesIn(host.out()).map((line) => JSON.parse(line));
    const away = events.findIndex(({event}) => event === "unavailable");
    healthy = events.length === 0 || away >= 0;
    return away > 0 && events.slice(away).some(({event}) => event === "status");
  };
  const ran = await watched(url, "--json", seen);
  const events = linesIn(ran.out).map((line) => JSON.parse(line));
  const batches = {certified_round: 7, committed_round: 5, waiting: 3, missing: 0};
  expect(events[0]).toMatchObject({event: "status", data: {chain_tip: "12", qsdm: {batches}}});
  expect(events.find(({event}) => event === "unavailable")).toMatchObject({error: {code: "NODE_NOT_READY"}});
});

test("on a terminal nothing is piled up on standard output", async () => {
  const {url} = await serve();
  let looks = 0;
  const ran = await watched(url, "", () => looks++ > 5, {terminals: ["stdout"]});
  expect(ran.out).toBe("");
});

test("a node that lacks blocks says where it is going and how long that takes", async () => {
  const sync = () => ({catchingUp: true, targetHeight: 900n, blocksPerSecond: 10, etaSeconds: 90});
  const {url} = await serve({sync});
  const client = createClient({...CLIENT_DEFAULTS, url});
  const status = await client.status();
  await client.close();
  expect(status.qsdm!.sync).toMatchObject({state: "catching-up", blocksPerSecond: 10});
  expect(linesOf(status, "")).toContain("catching up to 900, 90s to go");
  expect(linesOf(status, "")).toContain("batches round 7, in blocks to 5, 3 for the next ones, 0 missing");
});
