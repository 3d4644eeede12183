/**
 * Issues challenges and remembers for a while which ones. Time and randomness come in with each call.
 * Source: QSDM mining protocol, section 14.4.
 */
import {hexOf} from "../../../codecs/bytes.js";
import {type Challenge, type ChallengeBinding, challengeSigningBytes} from "../../../codecs/mining/challenge.js";
import {RuleError} from "../../../errors.js";
import type {ChallengeSigner} from "./challenge.js";

/** How long an issued nonce is remembered: twice the freshness window. */
export const ISSUER_RETENTION_SECONDS = 120;
const DRAWS = 4;

export class ChallengeIssuer {
  /** Time of issue in milliseconds by nonce, in order of issue. */
  readonly #issuedAtMs = new Map<string, bigint>();
  readonly #retentionMs: bigint;

  constructor(
    private readonly signer: ChallengeSigner,
    retentionSeconds = ISSUER_RETENTION_SECONDS,
  ) {
    this.#retentionMs = BigInt(retentionSeconds > 0 ? retentionSeconds : ISSUER_RETENTION_SECONDS) * 1_000n;
  }

  /**
   * A challenge that was not issued within the retention time.
   * @param draw 32 fresh random bytes at each call
   * @param binding for whom and what it is good; null for whoever holds it
   * @throws RuleError CHALLENGE_COLLISIONS: the source of randomness is broken
   */
  issue(nowMs: bigint, draw: () => Uint8Array, binding: ChallengeBinding | null = null): Challenge {
    for (let tries = 0; tries < DRAWS; tries++) {
      const nonce = draw();
      if (this.recentlyIssued(nonce, nowMs)) continue;
      const unsigned = {nonce, issuedAt: nowMs / 1_000n, signerId: this.signer.signerId};
      const signature = this.signer.sign(challengeSigningBytes(unsigned, binding));
      this.#issuedAtMs.set(hexOf(nonce), nowMs);
      return {...unsigned, signature};
    }
    throw new RuleError("CHALLENGE_COLLISIONS", `challenge: PRNG produced ${DRAWS} collisions in a row — giving up`);
  }

  /** Whether this issuer handed `nonce` out within the retention time. */
  recentlyIssued(nonce: Uint8Array, nowMs: bigint): boolean {
    this.#evict(nowMs);
    return this.#issuedAtMs.has(hexOf(nonce));
  }

  #evict(nowMs: bigint): void {
    const oldest = nowMs - this.#retentionMs;
    // In order of issue: the first fresh one ends the search.
    for (const [nonce, issuedAtMs] of this.#issuedAtMs) {
      if (issuedAtMs >= oldest) return;
      this.#issuedAtMs.delete(nonce);
    }
  }
}
