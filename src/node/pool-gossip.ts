/**
 * Transactions and proofs between nodes: what a follower takes from its own doors it tells the others, who can put it
 * into batches, and what others tell goes through the same checks. Whoever passes something on has checked it, so a forgery costs its sender; what only
 * this node's state refuses does not, since states differ for a moment on every chain.
 */
import {DecodeError, QsdmError} from "../errors.js";
import type {Channel, Network, Verdict} from "./network/port.js";

export interface PoolGossipPorts {
  readonly network: Pick<Network, "publish" | "subscribe">;
  /** Whether others have to be told: a validator's own are in its batches, which everybody gets. */
  tells(): boolean;
  /** Takes a transaction into the pool. @throws RuleError, DecodeError, UnavailableError */
  takeTransaction(bytes: Uint8Array): Promise<unknown>;
  /** Takes a proof by the rules of blocks. @throws the same */
  takeProof(bytes: Uint8Array): Promise<unknown>;
  /** Whether the operator lets peers' transactions in now. */
  isOpen(): boolean;
}

export type PoolChannel = Extract<Channel, "transactions" | "proofs">;

/** Refusals that no honest node passes on, whatever its state. */
const FORGED: ReadonlySet<string> = new Set(["SIGNATURE_INVALID", "SENDER_MISMATCH", "CHAIN_MISMATCH"]);

export class PoolGossip {
  constructor(private readonly ports: PoolGossipPorts) {
    ports.network.subscribe("transactions", async (message) =>
      ports.isOpen() ? judged(() => ports.takeTransaction(message)) : "ignore",
    );
    ports.network.subscribe("proofs", (message) => judged(() => ports.takeProof(message)));
  }

  /** Tells the others of something that this node took, and acknowledged. */
  announce(channel: PoolChannel, bytes: Uint8Array): void {
    if (this.ports.tells()) this.ports.network.publish(channel, bytes);
  }
}

async function judged(take: () => Promise<unknown>): Promise<Verdict> {
  try {
    await take();
    return "accept";
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
    return error instanceof DecodeError || FORGED.has(error.code) ? "reject" : "ignore";
  }
}
