/**
 * A chain of two changes of its voters that real keys certify: four validators, then a fifth beside them, then three that
 * are all others. The first epoch is closed over a view that was given up.
 */
import {hexOf} from "../../src/codecs/bytes.js";
import {blockIdOf, type Certificate, CLOSING_PROPOSER, type Header} from "../../src/codecs/chain/block.js";
import type {EpochRow} from "../../src/codecs/chain/epoch.js";
import {finalityProof, stateProof} from "../../src/codecs/chain/finality.js";
import {proveValidators} from "../../src/node/consensus/finality/validator-set.js";
import {voteBytes} from "../../src/node/consensus/votes/certificate.js";
import {FinalityDesk} from "../../src/node/finality.js";
import {genesisBlock, genesisTree} from "../../src/node/ledger/chain/genesis.js";
import {hashEach} from "../../src/node/ledger/state/hashing.js";
import {leafChanges, pathOf, type State} from "../../src/node/ledger/state/state.js";
import {EPOCH_KEY, epochs, validatorKey, validators} from "../../src/node/ledger/state/stores.js";
import {proveLeaf, rootOf, type TreeNode, updateTree} from "../../src/node/ledger/state/tree.js";
import type {LightSource} from "../../src/node/light/source.js";
import {clusterGenesis, keysOf} from "../node/engine/cluster.js";
import {mlDsa44, testAccount} from "./accounts.js";
import {VALIDATOR_ACCOUNT} from "./chain.js";

export const OWNER = testAccount("owner");
export const GENESIS = clusterGenesis(4, [{to: OWNER.address, amountDust: 500n}]);
/** Keys that vote in each epoch, in order of index. */
export const VOTERS = [
  [0, 1, 2, 3],
  [0, 1, 2, 3, 4],
  [5, 6, 7],
] as const;
/** Heights of the blocks that epochs 1 and 2 go on from. */
export const ORIGINS = [3n, 6n] as const;
export const TIP = 8n;

interface Ground {
  readonly state: State;
  readonly tree: TreeNode;
}

/** The state in which epoch `number` votes. */
function stateOf(number: number): Ground {
  const {state, tree} = genesisTree(GENESIS);
  if (number === 0) return {state, tree};
  const next = state.fork();
  for (const key of [...next.keys(validators)]) next.remove(validators, key);
  VOTERS[number]!.forEach((key, i) => {
    next.put(validators, validatorKey(i), {
      publicKey: keysOf(key).publicKey,
      power: 1n,
      account: VALIDATOR_ACCOUNT.address,
    });
  });
  next.put(epochs, EPOCH_KEY, {number: BigInt(number), originHeight: ORIGINS[number - 1]!});
  const after = updateTree(tree, leafChanges(next.changes(), hashEach), hashEach);
  next.merge();
  return {state, tree: after};
}
export const GROUNDS: readonly Ground[] = VOTERS.map((_, number) => stateOf(number));
export const rootAt = (epoch: number): string => hexOf(rootOf(GROUNDS[epoch]!.tree));

/** Votes of all who vote in the epoch of `header`, or of `keys` in their places. */
export function certifyBy(header: Header, keys: readonly number[] = VOTERS[Number(header.epoch)]!): Certificate {
  const {chainId, epoch, height, view} = header;
  const vote = {epoch, height, view, blockId: blockIdOf(header)};
  const bytes = voteBytes({chainId, ...vote});
  const votes = keys.map((key, validator) => ({validator, signature: mlDsa44.sign(keysOf(key).secretKey, bytes)}));
  return {...vote, votes};
}

/** Headers on `parent`, one for each of `views`; `root` is of the state after `parent`. */
export function headersOn(
  parent: Header,
  {epoch, views, root, closes = false}: {epoch: number; views: readonly bigint[]; root: string; closes?: boolean},
): Header[] {
  const out: Header[] = [];
  for (const view of views) {
    const on = out.at(-1) ?? parent;
    out.push({
      ...on,
      epoch: BigInt(epoch),
      view,
      height: on.height + 1n,
      timeMs: on.timeMs + 1n,
      parentId: blockIdOf(on),
      parentStateRoot: root,
      proposer: closes ? CLOSING_PROPOSER : VALIDATOR_ACCOUNT.address,
    });
  }
  return out;
}

const first = headersOn(genesisBlock(GENESIS).block.header, {epoch: 0, views: [1n, 2n, 3n], root: rootAt(0)});
const second = headersOn(first.at(-1)!, {epoch: 1, views: [8n, 9n, 10n], root: rootAt(1)});
const third = headersOn(second.at(-1)!, {epoch: 2, views: [13n, 14n, 15n, 16n], root: rootAt(2)});
/** From height 1 on. */
export const HEADERS: readonly Header[] = [...first, ...second, ...third];
/** What closed epochs 0 and 1, and is dropped. */
export const CLOSING = [
  headersOn(first.at(-1)!, {epoch: 0, views: [5n, 6n, 7n], root: rootAt(1), closes: true}),
  headersOn(second.at(-1)!, {epoch: 1, views: [11n, 12n], root: rootAt(2), closes: true}),
] as const;

const certified = (header: Header) => ({
  block: {header, transactions: [], proofs: [], coinbase: [], batches: []},
  certificate: certifyBy(header),
});

function rowOf(number: number): EpochRow {
  const {state, tree} = GROUNDS[number]!;
  return {
    number: BigInt(number),
    originHeight: ORIGINS[number - 1]!,
    validatorSet: proveValidators(state, tree),
    siblings: proveLeaf(tree, pathOf(epochs.name, EPOCH_KEY)).siblings,
    closing: CLOSING[number - 1]!.map(certified),
  };
}
export const ROWS: readonly EpochRow[] = [rowOf(1), rowOf(2)];

/** The desk of a node whose newest final block is at `tip`. */
export function deskAt(tip: bigint): FinalityDesk {
  const at = (height: bigint): Header | null => (height <= tip ? (HEADERS[Number(height) - 1] ?? null) : null);
  const rows = ROWS.filter(({originHeight}) => originHeight <= tip);
  const {epoch} = HEADERS[Number(tip)]!;
  return new FinalityDesk({
    genesis: GENESIS,
    chain: GROUNDS[Number(epoch)]!,
    store: {
      head: () => ({id: "", header: at(tip)!, stateRoot: "", receiptsRoot: ""}),
      header: at,
      epoch: (number) => rows.find((each) => each.number === number) ?? null,
      epochFrom: (height) => rows.find(({originHeight}) => originHeight === height) ?? null,
      certificate: (height) => {
        const header = at(height);
        return header && certified(header).certificate;
      },
    },
    newest: () =>
      [...HEADERS, ...CLOSING.flat()].filter((each) => each.height > tip && each.epoch === epoch).map(certified),
  });
}

/** A node whose newest final block is at `tip`, as a light client sees it. */
export function sourceAt(tip: bigint, name = `at ${tip}`): LightSource {
  const desk = deskAt(tip);
  const asSent = stateProof.decode.bind(stateProof);
  return {
    name,
    tip: async () => tip,
    finality: async (height) => finalityProof.decode(finalityProof.encode(await desk.prove(height))),
    epoch: async (number) => asSent(stateProof.encode(await desk.proveEpoch(number))),
    state: async (store, key) => asSent(stateProof.encode(await desk.proveState(store, key))),
  };
}

export const idAt = (height: bigint): string => blockIdOf(HEADERS[Number(height) - 1]!);
