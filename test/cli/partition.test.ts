/** Four validators as processes, with a proxy on every link: who is cut off comes back by itself. */
import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import path from "node:path";
import {afterAll, beforeAll, expect, test} from "vitest";
import {prepareValidators, type Validator} from "../../scripts/chaos/validators.js";
import {proxyWires, type Wires} from "../../scripts/chaos/wires.js";
import {testAccount} from "../support/accounts.js";
import {eventually} from "../support/node.js";

const ALONE = 3;
const MAJORITY = [0, 1, 2];

let directory: string;
let wires: Wires;
let validators: readonly Validator[];
const ended: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "qsdm-partition-"));
  wires = await proxyWires(4);
  validators = await prepareValidators({
    count: 4,
    directory,
    chainId: "partition",
    account: testAccount("fees").address,
    allocations: [],
    wires,
    logLevel: "warn",
    ended: (index, how) => void ended.push(`${index}: ${how}`),
  });
  await Promise.all(validators.map((each) => each.start()));
});
afterAll(async () => {
  await Promise.all(validators.map((each) => each.stop()));
  await wires.close();
  await rm(directory, {recursive: true, force: true});
});

const tipOf = async (i: number): Promise<bigint> => (await validators[i]!.client.status()).chainTip;
const idAt = async (i: number, height: bigint): Promise<string> => (await validators[i]!.client.block({height})).id;
const reach = (i: number, height: bigint) => eventually(async () => (await tipOf(i)) >= height);

test("the minority stands still while it is cut off, has every block soon after, and votes again", async () => {
  await Promise.all(validators.map(({index}) => reach(index, 2n)));
  await wires.part([[ALONE], MAJORITY]);
  const cutAt = await tipOf(ALONE);
  await reach(0, cutAt + 5n);
  // One block may have been on its way.
  expect(await tipOf(ALONE)).toBeLessThanOrEqual(cutAt + 1n);
  await wires.heal();
  const missed = await tipOf(0);
  await reach(ALONE, missed);
  for (let height = 1n; height <= missed; height++) expect(await idAt(ALONE, height)).toBe(await idAt(0, height));

  // Without it, the three others less one are no quorum: that blocks go on shows that it votes.
  await validators[0]!.signal("SIGSTOP");
  const from = await tipOf(1);
  await reach(1, from + 3n);
  await reach(ALONE, from + 3n);
  await validators[0]!.signal("SIGCONT");
  await reach(0, from + 3n);
  expect(ended).toEqual([]);
}, 480_000);

test("two halves stand still, agree on nothing meanwhile, and go on together", async () => {
  await wires.part([
    [0, 1],
    [2, 3],
  ]);
  // What was on its way may still arrive on one side.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const tips = await Promise.all(validators.map(({index}) => tipOf(index)));
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(await Promise.all(validators.map(({index}) => tipOf(index)))).toEqual(tips);
  await wires.heal();
  const highest = tips.reduce((a, b) => (a > b ? a : b)) + 3n;
  await Promise.all(validators.map(({index}) => reach(index, highest)));
  const ids = await Promise.all(validators.map(({index}) => idAt(index, highest)));
  expect(new Set(ids).size).toBe(1);
});
