import {describe, expect, test} from "vitest";
import type {EnrollmentRecord} from "../../../../src/node/ledger/enrollment/record.js";
import {COMPAT_RULES, STRICT_RULES} from "../../../../src/node/ledger/params/rules.js";
import {isUnderBonded} from "../../../../src/node/ledger/slashing/punish.js";
import {recordOf, testRig} from "../../../support/mining.js";

const record: EnrollmentRecord = {...recordOf(testRig("rig-1")), requiredStakeDust: 1_000n};
const bond = (stakeDust: bigint, earnedStakeDust: bigint): EnrollmentRecord => ({
  ...record,
  stakeDust,
  earnedStakeDust,
});

describe("a bond that is still being earned is held to its share of the threshold", () => {
  test.each<[string, bigint, bigint, bigint, boolean, boolean]>([
    // what, left, earned, threshold, under strict rules, under compat rules
    ["a whole bond at the threshold stays", 600n, 1_000n, 600n, false, false],
    ["a whole bond below it goes", 599n, 1_000n, 600n, true, true],
    ["of 400 earned, 240 are enough", 240n, 400n, 600n, false, true],
    ["of 400 earned, 239 are not", 239n, 400n, 600n, true, true],
    ["nothing is ever enough", 0n, 0n, 600n, true, true],
    ["without a threshold nobody goes", 0n, 1_000n, 0n, false, false],
  ])("%s", (_what, left, earned, threshold, strict, compat) => {
    expect(isUnderBonded(bond(left, earned), threshold, STRICT_RULES)).toBe(strict);
    expect(isUnderBonded(bond(left, earned), threshold, COMPAT_RULES)).toBe(compat);
  });

  test("what was earned beyond the required bond asks for no more than the whole threshold", () => {
    expect(isUnderBonded(bond(600n, 5_000n), 600n, STRICT_RULES)).toBe(false);
  });
});
