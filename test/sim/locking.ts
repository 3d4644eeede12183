/**
 * Who locks money for clients of quorums: people stake on keys, add to it, and take some or all of it back; some ask for more
 * than there is, or for what is others'. Drawn from the seed before the run.
 */

import type {QuorumStakeRecord} from "../../src/codecs/chain/quorum-stake.js";
import {
  QUORUM_RELEASE_CONTRACT,
  QUORUM_STAKE_CONTRACT,
  quorumKeyClaim,
  quorumKeyOf,
  quorumRelease,
  quorumStake,
} from "../../src/codecs/chain/quorum-stake.js";
import type {SimCrypto} from "./crypto.js";
import type {Plan} from "./plan.js";
import type {Random} from "./random.js";
import type {Call} from "./workload.js";

/** The last two are nobody's right; whether they are refused is for the ledger to say. */
export const LOCKS = ["lock", "release", "end", "overdraw", "snatch"] as const;
export type Lock = (typeof LOCKS)[number];

export interface PlannedLock {
  readonly atMs: number;
  /** Which client of a quorum; its key is locked for by the person of that number. */
  readonly key: number;
  readonly lock: Lock;
  readonly amountDust: bigint;
}

export interface LockingPlan {
  readonly locks: readonly PlannedLock[];
}

export const NOBODY_LOCKS: LockingPlan = {locks: []};
/** Share of the seeds in which anybody does. */
const SHARE = 0.4;
const USUAL: readonly Lock[] = ["lock", "lock", "release", "release", "end"];

export function lockingOf(random: Random, {healMs}: Pick<Plan, "healMs">): LockingPlan {
  if (!random.chance(SHARE)) return NOBODY_LOCKS;
  const keys = random.between(1, 3);
  const locks = Array.from({length: keys}, (_, key): PlannedLock[] => {
    const begunMs = random.between(300, healMs / 2);
    const amount = (): bigint => BigInt(random.between(1, 10_000));
    const more = Array.from({length: random.between(2, 10)}, (): PlannedLock => {
      const lock = random.pick(random.chance(0.8) ? USUAL : LOCKS);
      return {atMs: random.between(begunMs, healMs), key, lock, amountDust: amount()};
    });
    return [{atMs: begunMs, key, lock: "lock", amountDust: amount()}, ...more];
  }).flat();
  return {locks: locks.sort((a, b) => a.atMs - b.atMs)};
}

export interface LockingGround {
  readonly chainId: string;
  readonly crypto: SimCrypto;
  /** Address of whoever locks for the key. */
  readonly owner: string;
  /** What its node knows of the key. */
  readonly known: QuorumStakeRecord | null;
}

const keysOf = (key: number, {transactions}: SimCrypto) => transactions.keygen(`quorum client ${key}`);

/** What the state knows a client's key by. */
export const keyOf = (key: number, crypto: SimCrypto): string => quorumKeyOf(keysOf(key, crypto).publicKey);

/** The call that a plan comes to; null where there is nothing to take. */
export function callOf({key, lock, amountDust}: PlannedLock, ground: LockingGround): Call | null {
  const {chainId, crypto, owner, known} = ground;
  const {publicKey, secretKey} = keysOf(key, crypto);
  const stakeDust = known?.stakeDust ?? 0n;
  if (lock === "lock") {
    const possession = crypto.transactions.sign(secretKey, quorumKeyClaim(chainId, owner, publicKey));
    return {contract: QUORUM_STAKE_CONTRACT, payload: quorumStake.encode({publicKey, amountDust, possession})};
  }
  if (lock !== "overdraw" && stakeDust === 0n) return null;
  const some = amountDust < stakeDust ? amountDust : stakeDust;
  const taken = {release: some, end: stakeDust, snatch: some, overdraw: stakeDust + amountDust}[lock];
  const payload = quorumRelease.encode({key: quorumKeyOf(publicKey), amountDust: taken});
  return {contract: QUORUM_RELEASE_CONTRACT, payload};
}
