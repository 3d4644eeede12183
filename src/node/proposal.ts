/**
 * A block from what is waiting, and the check of a block by whoever did not build it. The validator votes only for
 * what the second one accepts, so every block that is committed has passed the follower's way as well.
 */
import type {Block, Header} from "../codecs/chain/block.js";
import type {BatchRef} from "../codecs/dag/batch.js";
import {QsdmError, UnavailableError} from "../errors.js";
import {assembleBlock, checkBody, checkHeader, type Parent, type Seal} from "./ledger/chain/assemble.js";
import type {BlockContext} from "./ledger/chain/contract.js";
import {BlockRun, type RunPorts, type RunResult, runBody} from "./ledger/chain/run.js";
import {readTransaction, type Transaction} from "./ledger/chain/transaction.js";
import {ONE_LANE} from "./ledger/lanes/lane.js";
import type {HeldDust} from "./ledger/monetary/supply.js";
import type {State} from "./ledger/state/state.js";

/** What is offered for the next block. */
export interface Candidate {
  readonly timeMs: bigint;
  readonly transactions: readonly Transaction[];
  readonly proofs: readonly {readonly id: string; readonly raw: Uint8Array}[];
  /** Batches that hold them, in their order; nothing is in a block that is in none of its batches. */
  readonly batches: readonly BatchRef[];
}

/** Why a waiting item left without being in a block. */
export interface Dropped {
  readonly id: string;
  readonly error: unknown;
}

/** The chain that a block is put on. */
export interface Ground {
  readonly parent: Parent;
  readonly committed: {readonly state: State; readonly held: HeldDust};
  readonly block: BlockContext;
  readonly seal: Pick<Seal, "epoch" | "view" | "proposer">;
  /** Whether the parent ended its epoch: what comes on it in the same epoch only makes it final. */
  readonly closes: boolean;
}

/** What became of a candidate's items. */
export interface Extension {
  /** Refused for good. */
  readonly dropped: readonly Dropped[];
  /** Ids of everything that needs to wait no longer. */
  readonly settled: readonly string[];
}

export interface Proposal extends Extension {
  readonly block: Block;
}

/** Refusals that say nothing against the item: it keeps waiting. */
const MAY_FIT_LATER: ReadonlySet<string> = new Set(["NONCE_MISMATCH", "BLOCK_FULL", "FEE_BELOW_BASE"]);

/** What a closing block does: nothing. It will never be final itself. */
const doNothing = ({committed: {state, held}, block}: Pick<Ground, "committed" | "block">): RunResult => ({
  state: state.fork(),
  held,
  proofs: [],
  coinbase: [],
  transactions: [],
  receipts: [],
  events: [],
  baseFeeDust: block.params.fees.baseFeeDust,
  gasUsed: 0n,
});

/** The best block that `candidate` allows on `ground`. */
export function propose(candidate: Candidate, ground: Ground, ports: RunPorts): Proposal {
  const {chainId} = ground.block.params;
  const seal = {...ground.seal, chainId, timeMs: ground.block.timeMs, batches: ground.closes ? [] : candidate.batches};
  if (ground.closes) return {block: assembleBlock(doNothing(ground), ground.parent, seal), dropped: [], settled: []};
  const run = new BlockRun(ground.committed, {...ground.block, proposer: ground.seal.proposer}, ports);
  const dropped: Dropped[] = [];
  const settled: string[] = [];
  const attempt = (id: string, step: () => void): void => {
    try {
      step();
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      if (error instanceof UnavailableError || MAY_FIT_LATER.has(error.code)) return;
      dropped.push({id, error});
    }
    settled.push(id);
  };
  for (const {id, raw} of candidate.proofs) attempt(id, () => run.addProof(raw));
  for (const transaction of candidate.transactions) attempt(transaction.txId, () => run.addTransaction(transaction));
  return {block: assembleBlock(run.finish(), ground.parent, seal), dropped, settled};
}

/**
 * Executes a block as somebody else's: header, body and coinbase are recomputed from its bytes.
 * @param nowMs this machine's clock, against times from the future
 * @throws RuleError, DecodeError when it is not a valid block on `ground`
 */
export function verifyBlock(
  block: Block,
  ground: Omit<Ground, "seal">,
  ports: RunPorts & {nowMs: bigint | null},
): RunResult {
  const {header} = block;
  checkHeader(header, ground.parent, {params: ground.block.params, nowMs: ports.nowMs});
  const result = ground.closes ? doNothing(ground) : runOf(block, ground, ports);
  checkBody(block, result, ground.parent);
  return result;
}

function runOf(block: Block, ground: Omit<Ground, "seal" | "closes">, ports: RunPorts): RunResult {
  const body = {proofs: block.proofs, transactions: block.transactions.map(readTransaction)};
  const begin = (): BlockRun => new BlockRun(ground.committed, contextOf(block.header, ground.block), ports);
  return ports.runBody ? ports.runBody(begin, body) : runBody(begin(), body, ONE_LANE);
}

const contextOf = ({height, timeMs, proposer}: Header, block: BlockContext) => ({...block, height, timeMs, proposer});
