/** What a contract is to the chain: a stateless check for the pool, and a change of state for blocks. */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import type {SlashOutcome} from "../../../codecs/chain/receipt.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import type {ChainParams} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import type {LedgerEvent} from "./events.js";

/** What every rule of a block can see. Signatures come as a port, because rules hold no native code. */
export interface BlockContext {
  /** With the governed ones as they hold in this block. */
  readonly params: ChainParams;
  readonly height: bigint;
  readonly timeMs: bigint;
  /** ML-DSA-87. */
  readonly verifySignature: VerifySignature;
  /** ML-DSA-44, of voting keys. */
  readonly verifyVote: VerifySignature;
  /** The block at a height below this one, on the branch that this one is put on, or null. */
  ancestor(height: bigint): Ancestor | null;
}

/** What rules may know of an earlier block. */
export interface Ancestor {
  readonly id: string;
  readonly timeMs: bigint;
}

/** One transaction as a contract sees it; the fee is paid and the signature checked. */
export interface Call {
  readonly state: State;
  readonly block: BlockContext;
  readonly txId: string;
  readonly content: UnsignedEnvelope;
}

/** What an applied call did besides changing the state. */
export interface Effect {
  readonly events: readonly LedgerEvent[];
  readonly slash: SlashOutcome | null;
}

export interface Contract {
  readonly id: string;
  /**
   * Refuses what no state could accept.
   * @throws DecodeError, RuleError
   */
  check(content: UnsignedEnvelope, block: Pick<BlockContext, "params">): void;
  /**
   * Records that the call adds to `state` where it is applied: what its gas counts, before anything is known of the call.
   * Never fewer than the state grows by, never more than its new keys; what those take the place of may be left out. 0 for
   * contracts of compat chains alone, which do not price them.
   * @throws DecodeError, RuleError for a payload that cannot be read
   */
  adds(content: UnsignedEnvelope, state: State): number;
  /**
   * Changes `call.state`, which is thrown away when this throws.
   * @throws DecodeError, RuleError: the transaction is included as rejected and its fee stays paid
   */
  apply(call: Call): Effect;
  /** The event that tells of a rejection, for contracts whose rejections are counted. */
  rejected(call: Call, reason: string): LedgerEvent | null;
}

/** Contracts by id. */
export type Contracts = ReadonlyMap<string, Contract>;

export const NO_EFFECT: Effect = {events: [], slash: null};
