/** Block 0: the state that a genesis describes, under a header that commits to it. */
import {type Block, blockIdOf} from "../../../codecs/chain/block.js";
import {type Genesis, genesisIdOf} from "../../../codecs/chain/genesis.js";
import {startGovernance} from "../governance/live.js";
import {startDifficulty} from "../mining/difficulty.js";
import {allocate} from "../monetary/supply.js";
import {startVestings} from "../monetary/vesting.js";
import {type Change, leafChanges, State} from "../state/state.js";
import {type TreeNode, updateTree} from "../state/tree.js";
import {startValidators} from "../validators/election.js";
import {checkGenesis} from "./check-genesis.js";
import {sectionRoot} from "./sections.js";

/**
 * The state at height 0, as a fork of an empty one.
 * @throws RuleError GENESIS_INVALID, EMISSION_BLOCK_TIME, SUPPLY_CAP
 */
export function genesisState(genesis: Genesis): State {
  checkGenesis(genesis);
  const state = new State().fork();
  for (const {to, amountDust} of genesis.allocations) allocate(state, to, amountDust);
  startGovernance(state, genesis);
  startVestings(state, genesis);
  startDifficulty(state, genesis);
  startValidators(state, genesis);
  return state;
}

/** The state at height 0 with its tree and everything that is in it. @throws as `genesisState` */
export function genesisTree(genesis: Genesis): {state: State; changes: readonly Change[]; tree: TreeNode} {
  const state = genesisState(genesis);
  const changes = state.changes();
  return {state, changes, tree: updateTree(null, leafChanges(changes))};
}

/** Block 0. Its parent is the genesis digest, so its id stands for every constant of the chain. */
export function genesisBlock(genesis: Genesis): {id: string; block: Block} {
  const empty = sectionRoot([]);
  const block: Block = {
    header: {
      chainId: genesis.chainId,
      height: 0n,
      epoch: 0n,
      view: 0n,
      timeMs: genesis.timeMs,
      parentId: genesisIdOf(genesis),
      parentStateRoot: empty,
      parentReceiptsRoot: empty,
      transactionsRoot: empty,
      proofsRoot: empty,
      coinbaseRoot: empty,
      batchesRoot: empty,
      transactionCount: 0,
      proofCount: 0,
      coinbaseCount: 0,
      batchCount: 0,
      baseFeeDust: genesis.params.baseFeeDust,
      gasUsed: 0n,
      proposer: genesis.validators[0]!.account,
    },
    transactions: [],
    proofs: [],
    coinbase: [],
    batches: [],
  };
  return {id: blockIdOf(block.header), block};
}
