import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {type EnrollmentRecord, type Phase, phaseOf} from "../../../../src/node/ledger/enrollment/record.js";
import {
  insertRecord,
  listRecords,
  PAGE_MAX,
  registryStats,
  revokeRecord,
  sweep,
} from "../../../../src/node/ledger/enrollment/registry.js";
import {accountAt} from "../../../../src/node/ledger/monetary/supply.js";
import {chainParamsOf, NETWORK_PARAMS} from "../../../../src/node/ledger/params/networks.js";
import {State} from "../../../../src/node/ledger/state/state.js";
import {enrollments, gpuBindings} from "../../../../src/node/ledger/state/stores.js";

const params = chainParamsOf({
  chainId: "test",
  network: "test",
  timeMs: 0n,
  params: NETWORK_PARAMS.mainnet,
  allocations: [],
  validators: [],
  authorities: [],
  vestings: [],
});
const OWNER = "ab".repeat(32);
const recordOf = (nodeId: string, stakeDust = 1_000_000_000n): EnrollmentRecord => ({
  nodeId,
  owner: OWNER,
  gpuUuid: `GPU-${nodeId}`,
  hmacKey: new Uint8Array(32),
  nodeKey: null,
  stakeDust,
  bondMode: "upfront",
  requiredStakeDust: 1_000_000_000n,
  earnedStakeDust: 1_000_000_000n,
  enrolledAtHeight: 1n,
  revokedAtHeight: null,
  unbondMaturesAtHeight: null,
  memo: "",
});
const revoke = (state: State, nodeId: string, height: bigint): EnrollmentRecord =>
  revokeRecord(state, state.get(enrollments, nodeId)!, {height, params});

describe("a revoked bond", () => {
  test("matures after seven days of 10 s blocks, is returned in that very block, and frees its names", () => {
    const state = new State().fork();
    insertRecord(state, recordOf("rig-1"), params);
    const {unbondMaturesAtHeight} = revoke(state, "rig-1", 100n);
    expect(unbondMaturesAtHeight).toBe(100n + 60_480n);
    expect(state.has(gpuBindings, "gpu-rig-1")).toBe(false);
    expect(sweep(state, 60_579n)).toEqual([]);
    expect(state.has(enrollments, "rig-1")).toBe(true);
    expect(sweep(state, 60_580n)).toEqual([
      {type: "bond-swept", nodeId: "rig-1", owner: OWNER, stakeDust: 1_000_000_000n},
    ]);
    expect(accountAt(state, OWNER).balanceDust).toBe(1_000_000_000n);
    expect(state.has(enrollments, "rig-1")).toBe(false);
    expect(sweep(state, 60_581n)).toEqual([]);
  });

  test("is returned in order of height and node id", () => {
    const state = new State().fork();
    for (const nodeId of ["b", "a", "c"]) insertRecord(state, recordOf(nodeId), params);
    revoke(state, "c", 1n);
    revoke(state, "b", 2n);
    revoke(state, "a", 2n);
    const order = sweep(state, 1_000_000n).map((event) => ("nodeId" in event ? event.nodeId : ""));
    expect(order).toEqual(["c", "a", "b"]);
  });
});

test("a GPU is one GPU whatever the case of its id", () => {
  const state = new State().fork();
  insertRecord(state, {...recordOf("rig-1"), gpuUuid: "GPU-AbC"}, params);
  expect(state.get(gpuBindings, "gpu-abc")).toEqual({nodeId: "rig-1"});
});

test("counts and bonds follow the phases", () => {
  const state = new State().fork();
  for (const nodeId of ["a", "b", "c"]) insertRecord(state, recordOf(nodeId, nodeId === "c" ? 0n : 10n), params);
  revoke(state, "b", 1n);
  revoke(state, "c", 1n);
  expect(registryStats(state)).toEqual({
    activeCount: 1,
    bondedDust: 10n,
    pendingUnbondCount: 1,
    pendingUnbondDust: 10n,
  });
});

const nodeId = fc.stringMatching(/^[a-z0-9_-]{1,4}$/);
const entry = fc.record({nodeId, phase: fc.constantFrom<Phase>("active", "pending_unbond", "revoked")});
const fill = (entries: readonly {nodeId: string; phase: Phase}[]): State => {
  const state = new State().fork();
  for (const each of entries) {
    insertRecord(state, recordOf(each.nodeId, each.phase === "revoked" ? 0n : 5n), params);
    if (each.phase !== "active") revoke(state, each.nodeId, 1n);
  }
  return state;
};
const entries = fc.uniqueArray(entry, {maxLength: 40, selector: (each) => each.nodeId});

describe("a walk over the pages", () => {
  test("gives every match once, in byte order, whatever the page size", () => {
    fc.assert(
      fc.property(
        entries,
        fc.integer({min: 1, max: 7}),
        fc.constantFrom<Phase | null>(null, "active", "pending_unbond", "revoked"),
        (given, limit, phase) => {
          const state = fill(given);
          const seen: string[] = [];
          let cursor: string | null = null;
          do {
            const page = listRecords(state, {phase, cursor, limit});
            seen.push(...page.records.map((each) => each.nodeId));
            expect(page.total).toBe(given.filter((each) => phase === null || each.phase === phase).length);
            for (const record of page.records) if (phase) expect(phaseOf(record)).toBe(phase);
            cursor = page.nextCursor;
          } while (cursor !== null);
          const expected = given
            .filter((each) => phase === null || each.phase === phase)
            .map((each) => each.nodeId)
            .sort();
          expect(seen).toEqual(expected);
        },
      ),
    );
  });

  test("skips and repeats nothing that stays, while others come and go", () => {
    const churn = fc.array(fc.record({nodeId, revoke: fc.boolean()}), {maxLength: 30});
    fc.assert(
      fc.property(entries, churn, fc.integer({min: 1, max: 4}), (given, moves, limit) => {
        const state = fill(given.map((each) => ({...each, phase: "active" as const})));
        const touched = new Set(moves.map((each) => each.nodeId));
        const seen: string[] = [];
        const queue = [...moves];
        let cursor: string | null = null;
        do {
          const page = listRecords(state, {phase: "active", cursor, limit});
          seen.push(...page.records.map((each) => each.nodeId));
          cursor = page.nextCursor;
          for (const move of queue.splice(0, 3)) {
            const record = state.get(enrollments, move.nodeId);
            if (!record) insertRecord(state, recordOf(move.nodeId), params);
            else if (move.revoke && record.revokedAtHeight === null) revoke(state, move.nodeId, 9n);
          }
        } while (cursor !== null);
        expect(new Set(seen).size).toBe(seen.length);
        for (const each of given) if (!touched.has(each.nodeId)) expect(seen).toContain(each.nodeId);
      }),
    );
  });

  test("gives 50 when no limit is asked for and 500 at most", () => {
    const state = fill(Array.from({length: 600}, (_, i) => ({nodeId: `n${i}`, phase: "active" as const})));
    expect(listRecords(state, {phase: null, cursor: null, limit: 0}).records).toHaveLength(50);
    expect(listRecords(state, {phase: null, cursor: null, limit: 9_999}).records).toHaveLength(PAGE_MAX);
  });
});
