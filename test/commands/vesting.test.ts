import {describe, expect, test} from "vitest";
import type {OwnStatus} from "../../src/codecs/api/status.js";
import type {VestingView} from "../../src/codecs/api/vesting.js";
import {vestingClaim} from "../../src/codecs/chain/vesting.js";
import {parseVesting} from "../../src/commands/node/init.js";
import {orderClaim} from "../../src/commands/vesting/claim.js";
import {serve, view} from "../support/api.js";
import {deskOf, keystoreOf} from "./against-node.js";

const ALICE = "a1".repeat(32);
const BOB = "b2".repeat(32);
const VESTING: VestingView = {
  ...{beneficiary: ALICE, totalDust: 300_000_000n, claimedDust: 0n, claimableDust: 150_000_000n},
  ...{cliffHeight: 2n, endHeight: 24n},
};
const context = (vestings: readonly VestingView[], sender = ALICE) => ({
  client: {vestings: async () => ({height: 12n, blockId: "d4".repeat(32), vestings})},
  ...{terms: {chainId: "qsdm-test"} as OwnStatus, sender},
});

describe("qsdm vesting claim", () => {
  test("pays the account itself, or another", async () => {
    const {payload, summary} = await orderClaim(undefined, context([VESTING]));
    expect(vestingClaim.decode(payload)).toEqual({to: ALICE});
    expect(summary).toEqual({beneficiary: ALICE, to: ALICE, claimable_dust: 150_000_000n});
    expect(vestingClaim.decode((await orderClaim(BOB, context([VESTING]))).payload)).toEqual({to: BOB});
  });

  test.each<[string, readonly VestingView[], string]>([
    ["for whom nothing vests", [{...VESTING, beneficiary: BOB}], "VESTING_UNKNOWN"],
    ["for whom nothing has vested", [{...VESTING, claimableDust: 0n}], "VESTING_NOTHING_DUE"],
  ])("refuses one %s before it costs a fee", async (_what, vestings, code) => {
    await expect(orderClaim(undefined, context(vestings))).rejects.toMatchObject({code});
  });

  test.each([
    ["before the cliff names it", 13n, /before height 13$/],
    ["behind it says to wait", 12n, /try again later$/],
  ])("%s", async (_when, cliffHeight, hint) => {
    const nothing = {...VESTING, cliffHeight, claimableDust: 0n};
    await expect(orderClaim(undefined, context([nothing]))).rejects.toMatchObject({hint: expect.stringMatching(hint)});
  });
});

test("vesting show prints a line for each account", async () => {
  const vestings = [VESTING, {...VESTING, beneficiary: BOB, claimedDust: 100_000_000n}];
  const {url} = await serve({view: () => view({vestings: () => vestings})});
  const desk = deskOf(url, await keystoreOf("owner"));
  const line = `${BOB}\t3\t1\t1.5\t2\t24\n`;
  expect((await desk.qsdm("vesting show")).out).toBe(`${ALICE}\t3\t0\t1.5\t2\t24\n${line}`);
  expect((await desk.qsdm(`vesting show --beneficiary ${BOB}`)).out).toBe(line);
});

describe("--vest", () => {
  test("is an amount for an account over four years, or so many months", () => {
    // A Julian year of 31,557,600 seconds.
    expect(parseVesting(`${ALICE}=2.5`, {blockTimeSeconds: 10})).toEqual({
      ...{to: ALICE, amountDust: 250_000_000n, cliffHeight: 0n, endHeight: (4n * 31_557_600n) / 10n},
    });
    expect(parseVesting(`${ALICE}=1:12`, {blockTimeSeconds: 1}).endHeight).toBe(31_557_600n);
  });

  test.each([
    [ALICE, "VESTING_INVALID"],
    [`${ALICE}=1:0`, "VESTING_INVALID"],
    [`${ALICE}=1:x`, "VESTING_INVALID"],
    [`${ALICE}=one`, "AMOUNT_INVALID"],
    ["alice=1", "ADDRESS_INVALID"],
  ])("refuses %s", (text, code) => {
    expect(() => parseVesting(text, {blockTimeSeconds: 1})).toThrowError(expect.objectContaining({code}));
  });
});
