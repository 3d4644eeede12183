/** Programs that ask for stake: what custodians let in, by what was proved to them, and what they refuse. */
import {afterAll, beforeAll, beforeEach, describe, expect, test} from "vitest";
import {quorumKeyOf} from "../../../../src/codecs/chain/quorum-stake.js";
import {packProgram, programPackage} from "../../../../src/codecs/quorum/program-package.js";
import type {QsdmError} from "../../../../src/errors.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {NO_LEDGER, type StakeReading} from "../../../../src/node/quorum/strict/stake.js";
import {StrictMachines} from "../../../support/strict-machines.js";

const ir = compile("input x\nmul a = x x\noutput a");
const LOOSE = {budgetPerIdentity: 1_000n, maxEvalsPerMinute: 1_000n};
const PRICED = packProgram(ir, {policy: {...LOOSE, minStake: 150_000_000n}});
const FREE = packProgram(ir, {policy: LOOSE});
const INPUTS = new Map([["x", 3n]]);

describe("a program that asks for 1.5 CELL", () => {
  let machines: StrictMachines;
  let key: string;
  beforeAll(async () => {
    machines = await StrictMachines.create({n: 3, k: 2});
    key = quorumKeyOf(machines.quorum.parties.clients[0]!.signingKey);
    await machines.prepare(PRICED, new Map(), {triples: 200, masks: 200});
    for (const custodian of machines.custodians) {
      custodian.install(programPackage.encode(FREE));
      for (const place of machines.everyone) custodian.approve(machines.approval(FREE, place), machines.nowMs);
    }
  });
  afterAll(() => machines.stop());
  beforeEach(() => machines.stakes.clear());

  const reads = (stakeDust: bigint, ageMs = 0): StakeReading => ({
    ...{stakeDust, height: 12n, timeMs: BigInt(machines.nowMs - ageMs)},
  });
  const maskRefusal = (): QsdmError | null => {
    try {
      machines.ticket(PRICED, INPUTS);
      return null;
    } catch (error) {
      return error as QsdmError;
    }
  };

  test("is evaluated for a client that has exactly as much", async () => {
    machines.stakes.set(key, reads(150_000_000n, machines.stakeAgeMs));
    const {signed, outputMasks} = machines.ticket(PRICED, INPUTS);
    const parts = await machines.perform(machines.evaluation(PRICED, signed));
    expect(machines.outputs(PRICED, parts, outputMasks).map((each) => each.get("a"))).toEqual([9n, 9n, 9n]);
  });

  test.each<[string, () => StakeReading | null, string, RegExp]>([
    ["has a dust less", () => reads(149_999_999n), "STAKE_TOO_LOW", /alice has 1\.49999999 CELL locked after block 12/],
    // What is on its way back is not in a reading.
    ["released all of it", () => reads(0n), "STAKE_TOO_LOW", /asks for 1\.5$/],
    ["was never asked about", () => null, "STAKE_UNPROVEN", /nobody asked$/],
    ["nobody proves anything of", () => ({unproven: "no node answers"}), "STAKE_UNPROVEN", /no node answers$/],
    [
      "has a proof that is too old",
      () => reads(10n ** 9n, 60_001),
      "STAKE_UNPROVEN",
      /of block 12, which is 60 s old$/,
    ],
  ])("gives no masks to a client that %s", (_what, reading, code, words) => {
    const known = reading();
    if (known) machines.stakes.set(key, known);
    expect(maskRefusal()).toMatchObject({code, message: expect.stringMatching(words)});
  });

  test("says how much is missing, and how to lock it", () => {
    machines.stakes.set(key, reads(40_000_000n));
    expect(maskRefusal()).toMatchObject({
      hint: expect.stringMatching(/^lock more: qsdm quorum stake add --key FILE --amount 1\.1;/),
      details: {stake_dust: 40_000_000n, needed_dust: 150_000_000n, height: 12n},
    });
  });

  test("takes no ticket of a client that released its stake after it had masks", async () => {
    machines.stakes.set(key, reads(150_000_000n));
    const {signed} = machines.ticket(PRICED, INPUTS);
    machines.stakes.set(key, reads(149_999_999n));
    const refused = await machines.perform(machines.evaluation(PRICED, signed));
    expect(refused.map(({code}) => code)).toEqual(Array(3).fill("STAKE_TOO_LOW"));
    machines.stakes.delete(key);
    const unproven = await machines.perform(machines.evaluation(PRICED, signed));
    expect(unproven.map(({code}) => code)).toEqual(Array(3).fill("STAKE_UNPROVEN"));
    // Nothing was charged and nothing used: the same ticket is good once the stake is back.
    machines.stakes.set(key, reads(150_000_000n));
    const taken = await machines.perform(machines.evaluation(PRICED, signed));
    expect(taken.map(({code}) => code)).toEqual([null, null, null]);
  });

  test("another program asks for nothing, whoever has proved what", async () => {
    const {signed} = machines.ticket(FREE, INPUTS);
    const parts = await machines.perform(machines.evaluation(FREE, signed));
    expect(parts.map(({code}) => code)).toEqual([null, null, null]);
  });
});

test("a custodian without a ledger has proof of nothing", () => {
  expect(NO_LEDGER.of("ab".repeat(32))).toEqual({unproven: "this custodian asks no ledger"});
});
