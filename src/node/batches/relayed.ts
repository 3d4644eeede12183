/**
 * What followers told of, and whose turn it is to put it into a batch: one validator does it at once, and the others
 * step in one after the other, should that one be gone, so that gossip does not fill every batch with the same.
 */
import {bytesOfHex, equalBytes} from "../../codecs/bytes.js";
import type {Committee} from "../consensus/votes/committee.js";

/** How long each waits for the one before it, in milliseconds. */
const TURN_MS = 3_000;

export interface RelayedPorts {
  /** Of this node. */
  readonly key: Uint8Array;
  /** Of the epoch of the next block. */
  committee(): Committee;
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
  /** Whether it waits still. */
  isWaiting(id: string): boolean;
}

export class Relayed {
  readonly #dueMs = new Map<string, number>();

  constructor(private readonly ports: RelayedPorts) {}

  /** A peer told of it. */
  note(id: string): void {
    const {key, committee, nowMs} = this.ports;
    const {voters: all, size: voters} = committee();
    const self = all.findIndex(({publicKey}) => equalBytes(publicKey, key));
    if (self < 0) return;
    const first = Number(Buffer.from(bytesOfHex(id)).readUInt32BE() % voters);
    const turn = (self - first + voters) % voters;
    if (turn > 0) this.#dueMs.set(id, nowMs() + turn * TURN_MS);
  }

  /** Whether somebody else is to put it into a batch, as yet. */
  isOthers(id: string): boolean {
    const dueMs = this.#dueMs.get(id);
    return dueMs !== undefined && dueMs > this.ports.nowMs();
  }

  /** Forgets what waits no longer. */
  sweep(): void {
    for (const id of this.#dueMs.keys()) if (!this.ports.isWaiting(id)) this.#dueMs.delete(id);
  }
}
