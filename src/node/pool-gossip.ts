/**
 * Transactions and proofs between nodes: what this node takes from its own doors it tells the others, and what they tell
 * it goes through the same checks. Whoever passes something on has checked it, so a forgery costs its sender; what only
 * this node's state refuses does not, since states differ for a moment on every chain.
 */
import {DecodeError, QsdmError} from "../errors.js";
import type {Channel, Network, PeerId, Verdict} from "./network/port.js";

export interface PoolGossipPorts {
  readonly network: Pick<Network, "publish" | "subscribe">;
  /** Takes a transaction into the pool. @throws RuleError, DecodeError, UnavailableError */
  takeTransaction(bytes: Uint8Array, from: PeerId): Promise<unknown>;
  /** Takes a proof by the rules of blocks. @throws the same */
  takeProof(bytes: Uint8Array, from: PeerId): Promise<unknown>;
  /** Whether the operator lets peers' transactions in now. */
  isOpen(): boolean;
}

export type PoolChannel = Extract<Channel, "transactions" | "proofs">;

/** Refusals that no honest node passes on, whatever its state. */
const FORGED: ReadonlySet<string> = new Set(["SIGNATURE_INVALID", "SENDER_MISMATCH", "CHAIN_MISMATCH"]);

export class PoolGossip {
  constructor(private readonly ports: PoolGossipPorts) {
    ports.network.subscribe("transactions", async (message, from) =>
      ports.isOpen() ? judged(() => ports.takeTransaction(message, from)) : "ignore",
    );
    ports.network.subscribe("proofs", (message, from) => judged(() => ports.takeProof(message, from)));
  }

  /** Tells the others of something that this node took, and acknowledged. */
  announce(channel: PoolChannel, bytes: Uint8Array): void {
    this.ports.network.publish(channel, bytes);
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
