import {expect, test} from "vitest";
import {hexOf} from "../../../../src/codecs/bytes.js";
import {checkBatchStructure} from "../../../../src/codecs/mining/cells.js";
import {batchCountMaximum, batchHash, prefixRoot} from "../../../../src/codecs/mining/merkle.js";
import {Quarantine} from "../../../../src/node/ledger/mining/quarantine.js";
import {isRewarded} from "../../../../src/node/ledger/mining/rewarded.js";
import {SeenProofs} from "../../../../src/node/ledger/mining/seen-proofs.js";
import {WORK_SET, WORK_SET_ROOT} from "../../../../src/node/ledger/mining/work-set.js";
import {State} from "../../../../src/node/ledger/state/state.js";
import {heightKey, rewardedProofs} from "../../../../src/node/ledger/state/stores.js";

test("the work set has the root and the order of the reference, and one claimable batch", () => {
  expect(WORK_SET.map((batch) => String.fromCharCode(batch[0]!.contentHash[0]!)).join("")).toBe("bca");
  expect(hexOf(WORK_SET_ROOT)).toBe("c48e2ccadab3455597ca53770d9eb776998f4a5e0d644be614cb71dd0155196a");
  expect(batchCountMaximum(WORK_SET.length)).toBe(1);
  expect(hexOf(prefixRoot(WORK_SET.map(batchHash), 1))).toBe(
    "ee97c04d58428c2b04ec58ccb6c9d5e3f301893035ab3f25704ccf1137e65a5e",
  );
  for (const batch of WORK_SET) checkBatchStructure(batch, null);
});

test("a quarantine lasts 10,080 heights, the last one free again, and never shrinks", () => {
  const quarantine = new Quarantine();
  quarantine.add("a", 100n);
  quarantine.add("a", 50n);
  expect([99n, 10_179n, 10_180n].map((height) => quarantine.has("a", height))).toEqual([true, true, false]);
  expect(quarantine.has("b", 100n)).toBe(false);
});

test("a proof id is remembered for the retention window of its own height", () => {
  const seen = new SeenProofs(10n);
  const id = (byte: number) => new Uint8Array(32).fill(byte);
  seen.record(id(1), 5n);
  seen.record(id(2), 15n);
  expect(seen.has(id(1))).toBe(true);
  seen.record(id(3), 16n);
  expect([1, 2, 3].map((byte) => seen.has(id(byte)))).toEqual([false, true, true]);
});

test("a solution is paid once at its height, under whichever node", () => {
  const state = new State();
  const proofId = new Uint8Array(32).fill(1);
  state.put(rewardedProofs, `${heightKey(7n)}/rig-1`, {proofId: new Uint8Array(32)});
  state.put(rewardedProofs, `${heightKey(7n)}/rig-2`, {proofId});
  state.put(rewardedProofs, `${heightKey(8n)}/rig-1`, {proofId: new Uint8Array(32).fill(2)});
  expect(isRewarded(state, proofId, 7n)).toBe(true);
  expect(isRewarded(state, proofId, 8n)).toBe(false);
  expect(isRewarded(state, new Uint8Array(32).fill(2), 7n)).toBe(false);
  expect(isRewarded(state, proofId, 9n)).toBe(false);
});
