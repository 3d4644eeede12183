/** What jobs of every kind are made of: numbers, keys, sessions, acknowledgements. */
import {type Job, jobDigest} from "../../../codecs/quorum/strict/job.js";
import {sign} from "../../../codecs/quorum/strict/statement.js";
import {prepared} from "../../../codecs/quorum/strict/statements.js";
import {RuleError} from "../../../errors.js";
import {packElements, unpackElements} from "../field/bytes.js";
import {elementAt} from "../field/vector.js";
import type {Authenticated, Session} from "../verified/authenticated.js";
import {Party} from "../verified/protocol.js";
import {SharedRandomness} from "../verified/prss.js";
import {type StrictCustodian, stale} from "./custodian.js";
import type {Keys, SecretShare, Sharing} from "./store.js";

/** Most numbers that one job may leave out: they must not run out by anybody's word. A disk holds those below 2^63. */
export const SKIPPED_MAX = 1n << 32n;
const RUN_MAX = 1n << 62n;

/** @throws RuleError JOB_INVALID */
export function refuseJob(why: string): never {
  throw new RuleError("JOB_INVALID", `the job ${why}`);
}

/** Writes down that a job of everyone begins. @throws RuleError JOB_REPEATED */
export function beginRun({ports: {store}}: StrictCustodian, run: bigint): void {
  if (run <= store.run())
    throw new RuleError("JOB_REPEATED", `job ${run} comes after job ${store.run()}`, {details: {run: store.run()}});
  // Whoever has no keys yet knows not where the others are.
  if (run > RUN_MAX || (store.keys() && run - store.run() > SKIPPED_MAX)) refuseJob("leaves too many numbers out");
  store.beginRun(run);
}

/** Keys of the epoch that the job is for. @throws RuleError STALE_EPOCH */
export function keysFor({ports: {store}}: StrictCustodian, {epoch}: Job): Keys {
  const keys = store.keys();
  if (keys?.epoch === epoch) return keys;
  return stale(`its keys are of epoch ${keys?.epoch ?? 0n}, the job's of ${epoch}`);
}

/**
 * Keys of the job that no others will replace without what it makes: those that are prepared know nothing of it, and whoever
 * has their certificate brings them into use at any time.
 * @throws RuleError STALE_EPOCH, KEYS_PENDING
 */
export function lastingKeysFor(custodian: StrictCustodian, job: Job): Keys {
  const keys = keysFor(custodian, job);
  const pending = custodian.ports.store.pending();
  if (pending === 0n) return keys;
  throw new RuleError("KEYS_PENDING", `keys of epoch ${pending} are prepared, and nobody said to use them`, {
    hint: "qsdm quorum reshare makes others in their place",
  });
}

export const partyOf = ({ports: {members, place, random, field}}: StrictCustodian): Party =>
  new Party(place, members.n, members.k - 1, random, field);

export const sessionOf = (custodian: StrictCustodian, {sets, alpha}: Keys, job: Job): Session => {
  const party = partyOf(custodian);
  return {party, alpha: packElements([alpha]), randomness: new SharedRandomness(party, sets, jobDigest(job))};
};

/**
 * Writes down what a job of everyone made, beside what is in use, and signs that it is there.
 * @throws RuleError RETIRED where this custodian erased everything while the job ran, and as `lastingKeysFor`
 */
export function keep(
  custodian: StrictCustodian,
  job: Job,
  {keys = null, sharings}: {readonly keys?: Keys | null; readonly sharings: readonly Sharing[]},
): Uint8Array {
  const {ports} = custodian;
  const digest = jobDigest(job);
  custodian.checkServing();
  if (!keys) lastingKeysFor(custodian, job);
  ports.store.prepare(digest, keys, sharings);
  const content = {job: digest, custodian: ports.place};
  return prepared.encode(sign(prepared, content, (message) => ports.sign(message)));
}

export const secretAt = ({shares, macs}: Authenticated, at: number): SecretShare => ({
  share: unpackElements(elementAt(shares, at))[0]!,
  mac: unpackElements(elementAt(macs, at))[0]!,
});
