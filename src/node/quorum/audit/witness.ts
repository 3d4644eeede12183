/**
 * A custodian's eye on the coordinators' logs: it reads every entry once, keeps those that are of its own doing, and signs a
 * checkpoint only where nothing was changed since and nothing that it did itself is missing.
 */
import {equalBytes, hexOf} from "../../../codecs/bytes.js";
import {checkpoint as checkpointStatement, countersignature} from "../../../codecs/quorum/strict/audit.js";
import {type ContentOf, digestOf, isSignedBy, type Signed, sign} from "../../../codecs/quorum/strict/statement.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import {checkRosterDigest, STATEMENT_LIFE_MS} from "../strict/admission.js";
import type {Members, Role} from "../strict/members.js";
import {follow} from "./follow.js";
import type {LogEnd} from "./log.js";
import {frontierRoot} from "./tree.js";

export type SignedCheckpoint = Signed<ContentOf<typeof checkpointStatement>>;
export type Countersignature = Signed<ContentOf<typeof countersignature>>;

/** Whatever returns has survived a power cut. */
export interface WitnessStore {
  /** Where the log of the coordinator with that channel id stands, as far as it was read. */
  end(coordinator: string): LogEnd;
  /** @param kept entries that concern this custodian */
  save(coordinator: string, end: LogEnd, kept: readonly ReadEntry[]): void;
}

type Coordinator = Extract<Role, {kind: "coordinator"}>;

export interface WitnessPorts {
  readonly members: Members;
  readonly place: number;
  readonly store: WitnessStore;
  readonly verify: VerifySignature;
  sign(message: Uint8Array): Uint8Array;
}

/** A job is entered before it is asked for, so an entry that is later than this is missing. */
const ENTERED_MS = 60_000;
/** Jobs that are looked for at once, and entries that may be there before what they are of; older ones no longer. */
const REMEMBERED_MAX = 10_000;

/** An entry of a log, with its index. */
export interface ReadEntry {
  readonly index: number;
  readonly bytes: Uint8Array;
}

export class Witness {
  /** By job: which coordinator asked, and when. In memory: what was asked just before a restart is taken on trust. */
  readonly #owed = new Map<string, {readonly by: string; readonly atMs: number}>();
  /** By coordinator and job: entries of jobs that this custodian was not asked for when it read them. */
  readonly #early = new Map<string, ReadEntry>();

  constructor(private readonly ports: WitnessPorts) {}

  /** A coordinator asked for a job, so its log has to have it. */
  owe({card}: Coordinator, job: Uint8Array, nowMs: number): void {
    const by = hexOf(card.channelId);
    const subject = hexOf(job);
    const key = `${by} ${subject}`;
    const early = this.#early.get(key);
    if (!early) return remember(this.#owed, subject, {by, atMs: nowMs});
    this.#early.delete(key);
    this.ports.store.save(by, this.ports.store.end(by), [early]);
  }

  /**
   * Reads on in a coordinator's log. @returns how many entries it has read by now
   * @throws RuleError AUDIT_CHAIN_BROKEN, and then none of `entries` is taken
   */
  read({card}: Coordinator, entries: readonly Uint8Array[]): number {
    const {store} = this.ports;
    const by = hexOf(card.channelId);
    let end = store.end(by);
    const begun: (ReadEntry & {readonly subject: string})[] = [];
    for (const bytes of entries) {
      const next = follow(end, bytes);
      const {event, subject} = next.entry;
      if (event === "begin") begun.push({index: end.size, bytes, subject: hexOf(subject)});
      end = next.end;
    }
    const own = begun.filter(({subject}) => this.#owed.get(subject)?.by === by);
    if (entries.length > 0) store.save(by, end, own);
    for (const {subject, ...entry} of begun)
      if (this.#owed.get(subject)?.by === by) this.#owed.delete(subject);
      else remember(this.#early, `${by} ${subject}`, entry);
    return end.size;
  }

  /** @throws RuleError ROSTER_MISMATCH, CHECKPOINT_INVALID, AUDIT_ENTRY_MISSING */
  countersign(coordinator: Coordinator, signed: SignedCheckpoint, nowMs: number): Countersignature {
    const {members, store, place, verify} = this.ports;
    const by = hexOf(coordinator.card.channelId);
    const {roster, size, root, head, timeMs} = signed.content;
    checkRosterDigest(members, roster);
    const isOwn = signed.content.coordinator === coordinator.place;
    if (!isOwn || !isSignedBy(checkpointStatement, signed, coordinator.card.signingKey, verify))
      invalid("it is not signed by the coordinator that asks");
    const end = store.end(by);
    if (size !== BigInt(end.size)) invalid(`it is of ${size} entries, read were ${end.size}`);
    if (!equalBytes(root, frontierRoot(end.frontier)) || !equalBytes(head, end.head))
      invalid("it is of another log than the one that was read");
    const apart = BigInt(nowMs) - timeMs;
    if (apart > BigInt(STATEMENT_LIFE_MS) || apart < BigInt(-STATEMENT_LIFE_MS)) invalid("its time is not now");
    for (const [job, owed] of this.#owed)
      if (owed.by === by && nowMs - owed.atMs > ENTERED_MS)
        throw new RuleError("AUDIT_ENTRY_MISSING", `the log has no entry of job ${job}, which was asked for`, {
          details: {job},
        });
    const content = {checkpoint: digestOf(checkpointStatement, signed), custodian: place};
    return sign(countersignature, content, (message) => this.ports.sign(message));
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= REMEMBERED_MAX) map.delete(map.keys().next().value!);
  map.set(key, value);
}

function invalid(why: string): never {
  throw new RuleError("CHECKPOINT_INVALID", `the checkpoint is not signed: ${why}`);
}
