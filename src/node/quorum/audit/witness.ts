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
/** Jobs of a coordinator that are looked for at once. Many more than it asks for between two checkpoints. */
const OWED_MAX = 65_536;
/** Entries of a coordinator that may be there before what they are of; older ones no longer. */
const EARLY_MAX = 10_000;

/** An entry of a log, with its index. */
export interface ReadEntry {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** What is remembered of one coordinator. In memory: what was asked just before a restart is taken on trust. */
interface Watched {
  /** By job, when it was asked for. */
  readonly owed: Map<string, number>;
  /** By job: entries of those that this custodian was not asked for when it read them. */
  readonly early: Map<string, ReadEntry>;
  /** More were asked for than are remembered, so nobody can say any more that none is missing. */
  forgot: boolean;
}

export class Witness {
  readonly #watched = new Map<string, Watched>();

  constructor(private readonly ports: WitnessPorts) {}

  /** A coordinator asked for a job, so its log has to have it. */
  owe({card}: Coordinator, job: Uint8Array, nowMs: number): void {
    const by = hexOf(card.channelId);
    const subject = hexOf(job);
    const watched = this.#of(by);
    const early = watched.early.get(subject);
    if (early) {
      watched.early.delete(subject);
      return this.ports.store.save(by, this.ports.store.end(by), [early]);
    }
    if (watched.owed.size < OWED_MAX) watched.owed.set(subject, nowMs);
    else watched.forgot = true;
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
    const {owed, early} = this.#of(by);
    const own = begun.filter(({subject}) => owed.has(subject));
    if (entries.length > 0) store.save(by, end, own);
    for (const {subject, ...entry} of begun) {
      if (owed.delete(subject)) continue;
      if (early.size >= EARLY_MAX) early.delete(early.keys().next().value!);
      early.set(subject, entry);
    }
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
    const {owed, forgot} = this.#of(by);
    for (const [job, atMs] of owed)
      if (nowMs - atMs > ENTERED_MS)
        throw new RuleError("AUDIT_ENTRY_MISSING", `the log has no entry of job ${job}, which was asked for`, {
          details: {job},
        });
    if (forgot)
      throw new RuleError(
        "AUDIT_ENTRY_MISSING",
        `more than ${OWED_MAX} jobs were asked for that the log did not show`,
        {
          hint: "the coordinator has to have checkpoints signed more often; once restarted this custodian signs again",
        },
      );
    const content = {checkpoint: digestOf(checkpointStatement, signed), custodian: place};
    return sign(countersignature, content, (message) => this.ports.sign(message));
  }

  #of(by: string): Watched {
    const watched = this.#watched.get(by) ?? {owed: new Map(), early: new Map(), forgot: false};
    this.#watched.set(by, watched);
    return watched;
  }
}

function invalid(why: string): never {
  throw new RuleError("CHECKPOINT_INVALID", `the checkpoint is not signed: ${why}`);
}
