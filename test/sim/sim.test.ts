import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {expect, onTestFinished, test} from "vitest";
import {LOCKS} from "./locking.js";
import {main} from "./main.js";
import {planFor} from "./plan.js";
import {streamsOf} from "./random.js";
import {runSeed} from "./run.js";
import {nextSeed, readSlices} from "./seed-ledger.js";
import {DEEDS} from "./streaming.js";

const SEEDS = 200;
const SLICE = 50;
/** The suite runs on two versions of Node: one takes the first half of the seeds, the other the second. */
const FIRST = Number(process.versions.node.split(".")[0]) < 24 ? 1 : SEEDS / 2 + 1;
/** Seeds of which some have people who stake, mine, pay by the second, lock and govern; `npm run sim` has them in every one. */
const PEOPLE = {from: 55, to: 68};
/** What blocks of those hold. */
const USUAL = [
  ...["transfer/v3", "validator-join/v1", "validator-leave/v1", "enroll/v3", "unenroll/v3", "slash/v1", "gov/v1"],
  ...["slash/v1 refused", "gov/v1 refused", "streams/v1", "streams/v1 refused"],
  ...["quorum-stake/v1", "quorum-release/v1", "quorum-release/v1 refused"],
].map((id) => `qsdm/${id}`);

/** @returns what was called in blocks */
async function keepsEveryPromise(
  {from, to}: {from: number; to: number},
  people: boolean,
): Promise<ReadonlySet<string>> {
  const calls = new Set<string>();
  for (let seed = from; seed <= to; seed++) {
    const {violations, counts} = await runSeed({seed, crypto: "fake", people, print: null});
    expect({seed, violations}).toEqual({seed, violations: []});
    for (const what of counts.keys()) calls.add(what);
  }
  return calls;
}

for (let from = FIRST; from < FIRST + SEEDS / 2; from += SLICE)
  test(`seeds ${from} to ${from + SLICE - 1} keep every promise`, {timeout: 600_000}, async () => {
    await keepsEveryPromise({from, to: from + SLICE - 1}, false);
  });

test("so do seeds in which people stake, mine, pay by the second, cheat and govern, at followers too (D5)", {
  timeout: 600_000,
}, async () => {
  // Nobody has proved anything where nobody asked for anything.
  expect([...(await keepsEveryPromise(PEOPLE, true))]).toEqual(
    expect.arrayContaining([...USUAL, "mined", "evidence", "change"]),
  );
});

test("a cheat is slashed and voted out, and the chain goes on in an epoch without it", async () => {
  const isCheat = (seed: number): boolean =>
    [...planFor(streamsOf(seed)).byzantine.values()].some((misdeeds) => misdeeds.has("equivocate"));
  const seed = Array.from({length: SEEDS}, (_, i) => i + 1).find(isCheat)!;
  let evidence = 0;
  const print = (line: string): void => void (line.includes(" equivocate by ") && evidence++);
  const {violations, epoch} = await runSeed({seed, crypto: "fake", people: false, print});
  expect(violations).toEqual([]);
  expect(evidence).toBeGreaterThan(0);
  expect(epoch).toBeGreaterThan(0n);
});

test("a seed run twice gives one trace, and another seed another", async () => {
  const digestOf = async (seed: number) => (await runSeed({seed, crypto: "fake", print: null})).digest;
  const digests = [await digestOf(7), await digestOf(7), await digestOf(8)];
  expect(digests[0]).toBe(digests[1]);
  expect(digests[0]).not.toBe(digests[2]);
});

test("a seed gives one trace with real signatures as well", {timeout: 600_000}, async () => {
  const lines: string[][] = [[], []];
  const results = [];
  for (const printed of lines)
    results.push(await runSeed({seed: 3, crypto: "real", people: false, print: (line) => void printed.push(line)}));
  expect(results.map(({violations}) => violations)).toEqual([[], []]);
  expect(lines[0]).toEqual(lines[1]);
});

test("plans stay within what the protocol promises to bear, and use the whole menu", () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 500; seed++) {
    const {byzantine, episodes, nodes, healMs, staking, mining, governing, streaming, locking} = planFor(
      streamsOf(seed),
    );
    expect(byzantine.size).toBeLessThanOrEqual(Math.floor((nodes - 1) / 3));
    for (const misdeeds of byzantine.values()) for (const each of misdeeds) seen.add(each);
    for (const {atMs, forMs, episode} of episodes) {
      expect(atMs + forMs).toBeLessThanOrEqual(healMs);
      seen.add(episode.type);
    }
    for (const {node, wish} of staking.wishes) {
      seen.add(wish.type);
      // Three of genesis keep a cheat below a third of the power.
      if (byzantine.size > 0 && wish.type === "leave") expect(byzantine.has(node) || node >= nodes).toBe(true);
      if (byzantine.has(node)) expect(wish.type).not.toBe("join");
    }
    for (const {act} of mining.acts) seen.add(act);
    for (const {deed} of streaming.deeds) seen.add(`stream: ${deed}`);
    for (const {lock} of locking.locks) seen.add(`quorum: ${lock}`);
    for (const {change} of governing.proposals) seen.add("op" in change ? change.op : change.param);
  }
  expect([...seen].sort()).toEqual(
    ["clock", "clog", "crash", "disk", "flood", "one-way", "partition"]
      .concat(["join", "leave", "return"], ["enroll", "frame", "mine", "unenroll"], ["add", "remove"])
      .concat(["base_fee_dust", "fee_burn_bps", "reward_bps", "auto_revoke_min_stake_dust", "max_block_gas"])
      .concat(["base_fee_change_denominator", "block_gas_target_bps"])
      .concat(DEEDS.map((deed) => `stream: ${deed}`))
      .concat(LOCKS.map((lock) => `quorum: ${lock}`))
      .concat(["equivocate", "forge", "late", "outdated", "replay", "rewind", "silent", "useless", "withhold"])
      .sort(),
  );
});

test("the command runs a slice, notes it in the ledger, and goes on where the ledger ends", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "qsdm-sim-"));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  const ledger = path.join(folder, "seeds.jsonl");
  const lines: string[] = [];
  const call = (...argv: string[]) => main([...argv, "--ledger", ledger], (line) => void lines.push(line));
  expect(await call("--seeds", "1..2", "--twice")).toBe(0);
  expect(await call("--next", "1")).toBe(0);
  expect(readSlices(ledger).map(({from, to, failed}) => ({from, to, failed}))).toEqual([
    {from: 1, to: 2, failed: []},
    {from: 3, to: 3, failed: []},
  ]);
  expect(nextSeed(readSlices(ledger))).toBe(4);
  expect(await call("--replay", "2")).toBe(0);
  expect(lines.some((line) => line.includes("n0 starts"))).toBe(true);
  expect(await call()).toBe(2);
});
