/** What the state root covers (D6). */
import {expect, test} from "vitest";
import {hexOf} from "../../../../src/codecs/bytes.js";
import {leafChanges, State, type Store} from "../../../../src/node/ledger/state/state.js";
import {
  accounts,
  authorities,
  enrollments,
  evidence,
  params,
  proposals,
} from "../../../../src/node/ledger/state/stores.js";
import {rootOf, updateTree} from "../../../../src/node/ledger/state/tree.js";
import {RECORD} from "../../../support/api.js";

const rootAfter = (write: (state: State) => void): string => {
  const state = new State().fork();
  state.put(accounts, "aa".repeat(32), {balanceDust: 1n, nonce: 0n});
  write(state);
  return hexOf(rootOf(updateTree(null, leafChanges(state.changes()))));
};
const put =
  <V>(store: Store<V>, value: V) =>
  (state: State): void =>
    state.put(store, "key", value);

test("a record of any store changes the state root, and another value of it again", () => {
  const proposal = {
    payload: new Uint8Array(2),
    proposer: "a",
    proposedAtHeight: 1n,
    stagedAtHeight: 0n,
    voters: ["a"],
    weight: 0n,
  };
  const writes = [
    () => {},
    put(enrollments, RECORD),
    put(enrollments, {...RECORD, stakeDust: 1n}),
    put(evidence, {slashedAtHeight: 1n}),
    put(evidence, {slashedAtHeight: 2n}),
    put(params, {value: 1n}),
    put(params, {value: 2n}),
    put(authorities, {sinceHeight: 1n}),
    put(proposals, proposal),
    put(proposals, {...proposal, voters: ["b"]}),
    put(proposals, {...proposal, weight: 1n}),
  ];
  expect(new Set(writes.map(rootAfter)).size).toBe(writes.length);
});
