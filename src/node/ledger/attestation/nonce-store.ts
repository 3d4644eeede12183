/**
 * Which challenge nonces an owner has already used: the replay cache of attestations.
 *
 * `has` does not look at an entry's age; an entry lives until a later `record` finds it too old (quirk Q18), so
 * retention must exceed the freshness window and the future skew together.
 * Source: QSDM mining protocol, section 13.4.
 */
import {hexOf} from "../../../codecs/bytes.js";

/** Twice the freshness window. */
export const NONCE_RETENTION_SECONDS = 120;

export class NonceStore {
  readonly #usedAtMs = new Map<string, bigint>();
  readonly #retentionMs: bigint;

  constructor(retentionSeconds = NONCE_RETENTION_SECONDS) {
    this.#retentionMs = BigInt(retentionSeconds) * 1_000n;
  }

  has(owner: string, nonce: Uint8Array): boolean {
    return this.#usedAtMs.has(keyOf(owner, nonce));
  }

  record(owner: string, nonce: Uint8Array, nowMs: bigint): void {
    const oldest = nowMs - this.#retentionMs;
    for (const [key, usedAtMs] of this.#usedAtMs) if (usedAtMs < oldest) this.#usedAtMs.delete(key);
    this.#usedAtMs.set(keyOf(owner, nonce), nowMs);
  }
}

// The nonce has a fixed length, so no owner can spell another's key.
const keyOf = (owner: string, nonce: Uint8Array): string => `${hexOf(nonce)} ${owner}`;
