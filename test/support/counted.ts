/** Contracts that are held to what they say: the records that a call adds are counted in the state itself. */
import type {Contract} from "../../src/node/ledger/chain/contract.js";
import type {State} from "../../src/node/ledger/state/state.js";
import {ALL_STORES} from "../../src/node/ledger/state/stores.js";

/** Keys that a fork has and its parent lacks, and those that it took away. */
export function growthOf(fork: State): {readonly added: number; readonly removed: number} {
  let [added, removed] = [0, 0];
  for (const store of ALL_STORES.values())
    for (const {before, after} of fork.changed(store)) {
      if (before === undefined && after !== undefined) added++;
      if (before !== undefined && after === undefined) removed++;
    }
  return {added, removed};
}

/**
 * `contract`, of which every applied call fails the test unless `adds` said before how many records it would leave more: all
 * of its new keys, where it takes nothing away.
 */
export const counted = (contract: Contract): Contract => ({
  ...contract,
  apply(call) {
    const said = contract.adds(call.content, call.state);
    const state = call.state.fork();
    const effect = contract.apply({...call, state});
    const {added, removed} = growthOf(state);
    if (said < added - removed || said > added)
      throw new Error(`${contract.id} says that it adds ${said} records; it adds ${added} and removes ${removed}`);
    state.merge();
    return effect;
  },
});
