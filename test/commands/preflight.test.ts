import {expect, test} from "vitest";
import {run} from "../../src/commands/run.js";
import {memoryHost} from "./memory-host.js";

const V2 = '{"chain_tip":7,"network":"n","mining":{"fork_v2_active":true}}';

async function preflight(line: string, answer: {status?: number; body?: string} | null) {
  const host = memoryHost({argv: `preflight ${line}`.trim().split(" ")});
  const fetch = async () => {
    if (!answer) throw new TypeError("fetch failed");
    return new Response(answer.body ?? V2, {status: answer.status ?? 200});
  };
  const status = await run({...host, fetch});
  return {status, out: host.out(), err: host.err()};
}

test("a decision is the result, and why is a remark", async () => {
  expect(await preflight("", {})).toMatchObject({
    status: 0,
    out: "proceed-v2\n",
    err: expect.stringMatching(/^\[preflight\] /),
  });
});

test("an old miner is stopped where its proofs would be refused, unless it insists", async () => {
  const refused = await preflight("--v1 --json", {});
  expect([refused.status, JSON.parse(refused.out).error.code]).toEqual([3, "PREFLIGHT_REFUSED"]);
  expect(refused.err).toContain("REFUSING TO MINE");
  expect(await preflight("--v1 --allow-v1", {})).toMatchObject({status: 0, out: "refuse-v1\n"});
});

test("a validator that cannot be asked stops nobody", async () => {
  expect(await preflight("--v1", null)).toMatchObject({
    status: 0,
    out: "proceed-v1\n",
    err: expect.stringContaining("fetch failed"),
  });
  expect(await preflight("", {status: 503})).toMatchObject({status: 0, out: "proceed-v2\n"});
  const {data} = JSON.parse((await preflight("--json", {body: "{"})).out);
  expect(data).toMatchObject({
    decision: "proceed-v2",
    reachable: false,
    probe_error: expect.stringContaining("decode JSON"),
  });
});
