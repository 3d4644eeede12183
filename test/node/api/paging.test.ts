/** A walk through the list of enrollments while others enroll, unenroll and are swept. */
import fc from "fast-check";
import {expect, test} from "vitest";
import {type EnrollmentRecord, type Phase, phaseOf} from "../../../src/node/ledger/enrollment/record.js";
import {insertRecord, listRecords, revokeRecord, sweep} from "../../../src/node/ledger/enrollment/registry.js";
import {State} from "../../../src/node/ledger/state/state.js";
import {enrollments} from "../../../src/node/ledger/state/stores.js";
import {PARAMS, RECORD, serve, view} from "../../support/api.js";

/** What happens to the registry between two pages. */
type Change =
  | {readonly kind: "enroll" | "unenroll"; readonly nodeId: string}
  | {readonly kind: "sweep"; readonly nodeId: string};

const nodeIds = fc.stringMatching(/^[a-d]{1,3}$/);
const changes = fc.array(
  fc.record({kind: fc.constantFrom("enroll", "unenroll", "sweep"), nodeId: nodeIds}) as fc.Arbitrary<Change>,
  {
    maxLength: 4,
  },
);

class Registry {
  readonly state = new State().fork();
  #height = 1n;

  enroll(nodeId: string): void {
    if (this.state.has(enrollments, nodeId)) return;
    insertRecord(this.state, {...RECORD, nodeId, gpuUuid: `GPU-${nodeId}`}, PARAMS);
  }

  apply({kind, nodeId}: Change): void {
    const record = this.state.get(enrollments, nodeId);
    if (kind === "enroll") this.enroll(nodeId);
    else if (kind === "unenroll" && record?.revokedAtHeight === null)
      revokeRecord(this.state, record, {height: this.#height, params: PARAMS});
    else if (kind === "sweep") {
      this.#height += 60_480n;
      sweep(this.state, this.#height);
    }
  }

  /** Records by node id that match now. */
  matching(phase: Phase | null): Map<string, EnrollmentRecord> {
    const all = [...this.state.keys(enrollments)].map((id) => [id, this.state.get(enrollments, id)!] as const);
    return new Map(all.filter(([, record]) => phase === null || phaseOf(record) === phase));
  }
}

test("skips nothing that was there all the time, and repeats nothing", async () => {
  const registry = {current: new Registry()};
  const {client} = await serve({
    view: () => view({enrollments: (query) => listRecords(registry.current.state, query)}),
  });
  const phases = fc.constantFrom<Phase | null>(null, "active", "pending_unbond");
  const walk = fc.record({
    initial: fc.uniqueArray(nodeIds, {maxLength: 30}),
    limit: fc.integer({min: 1, max: 5}),
    phase: phases,
    between: fc.array(changes, {maxLength: 40}),
  });

  await fc.assert(
    fc.asyncProperty(walk, async ({initial, limit, phase, between}) => {
      registry.current = new Registry();
      for (const nodeId of initial) registry.current.enroll(nodeId);
      // Matches at every moment of the walk: nothing may hide these.
      const steady = new Set(registry.current.matching(phase).keys());
      const seen: string[] = [];
      let cursor: string | null = null;
      for (let page = 0; ; page++) {
        const {records, nextCursor, hasMore} = await client.enrollments({phase, limit, cursor});
        seen.push(...records.map((record) => record.nodeId));
        if (!hasMore) break;
        cursor = nextCursor;
        for (const change of between[page] ?? []) {
          registry.current.apply(change);
          const now = registry.current.matching(phase);
          for (const nodeId of steady) if (!now.has(nodeId)) steady.delete(nodeId);
        }
      }
      expect(seen).toEqual([...new Set(seen)].sort());
      expect(seen).toEqual(expect.arrayContaining([...steady]));
    }),
    {numRuns: 150},
  );
});
