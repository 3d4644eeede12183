/** A coordinator's audit log at work: what happens is entered, and custodians sign where it stands. */
import {hexOf} from "../../codecs/bytes.js";
import {type Countersigned, checkpoint, countersignature} from "../../codecs/quorum/strict/audit.js";
import {coordinatorMethods, ENTRIES_MAX} from "../../codecs/quorum/strict/calls.js";
import {isSignedBy, sign} from "../../codecs/quorum/strict/statement.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {QsdmError, RuleError} from "../../errors.js";
import type {AuditLog, AuditNote} from "../quorum/audit/log.js";
import type {Countersignature, SignedCheckpoint} from "../quorum/audit/witness.js";
import type {Members} from "../quorum/strict/members.js";
import type {Log} from "../service.js";
import type {SqliteAuditLogStore} from "../storage/quorum/audit-store.js";
import type {CustodianCalls} from "./custodian-calls.js";
import {missing} from "./failures.js";
import type {MethodName} from "./rpc.js";

export interface AuditDeskPorts {
  readonly members: Members;
  /** Place of this coordinator in the roster. */
  readonly place: number;
  readonly audit: AuditLog;
  readonly store: SqliteAuditLogStore;
  readonly custodians: CustodianCalls;
  readonly verify: VerifySignature;
  sign(message: Uint8Array): Uint8Array;
  nowMs(): number;
  readonly log: Log;
}

/** An event in as many words as it has; what is left out is empty. */
export type Event = Pick<AuditNote, "event" | "subject"> & Partial<AuditNote>;

const noteOf = (event: Event): AuditNote => ({
  ...{programId: null, party: "", kind: "", outcome: "ok", commitment: null},
  ...event,
});

/** Entries behind the last checkpoint at which the next is asked for, whatever the time: custodians remember so many. */
const UNSEALED_MAX = 16_384;

export class AuditDesk {
  /** One checkpoint at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> | null = null;
  /** Entries when the last checkpoint was asked for. */
  #asked = 0;

  constructor(private readonly ports: AuditDeskPorts) {}

  /** On the disk when this returns. */
  enter(event: Event): void {
    this.ports.audit.append(noteOf(event), this.ports.nowMs());
  }

  /** On the disk once it resolves, with all that is entered in the same turn: one flush is enough for them. */
  entered(event: Event): Promise<void> {
    this.note(event);
    this.#flushing ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#flushing = null;
        this.ports.audit.flushed().then(resolve, reject);
      });
    });
    return this.#flushing;
  }

  /** On the disk with the next. */
  note(event: Event): void {
    this.ports.audit.defer(noteOf(event), this.ports.nowMs());
    if (this.#timer && this.ports.audit.size - this.#asked >= UNSEALED_MAX) this.#sealDue();
  }

  /** Has a checkpoint signed every `everyMs` in which something happened. */
  start(everyMs: number): void {
    this.#asked = this.ports.audit.size;
    this.#timer = setInterval(() => this.#sealDue(), everyMs);
  }

  #sealDue(): void {
    const {audit, log} = this.ports;
    this.#asked = audit.size;
    this.seal().catch((err: unknown) => {
      if (!(err instanceof QsdmError)) log.error({err}, "a checkpoint failed");
      else log.warn({err}, "a checkpoint of the audit log is not signed by enough custodians");
    });
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#turn;
    this.ports.audit.flush();
  }

  /**
   * The newest checkpoint, made now where there are entries behind the last.
   * @throws UnavailableError CUSTODIANS_MISSING; RuleError that a custodian refuses with, AUDIT_EMPTY
   */
  seal(): Promise<Countersigned> {
    const turn = this.#turn.then(() => this.#seal());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  handlers(): Partial<Record<MethodName, (body: Uint8Array) => Promise<Uint8Array>>> {
    const m = coordinatorMethods;
    const {audit, store} = this.ports;
    return {
      audit: async (body) => {
        const {from, count} = m.audit.ask.decode(body);
        const entries = audit.entries(Number(from), Math.min(count, ENTRIES_MAX));
        return m.audit.answer.encode({size: BigInt(audit.size), entries});
      },
      checkpoint: async (body) => {
        m.checkpoint.ask.decode(body);
        return m.checkpoint.answer.encode({countersigned: store.checkpoint()});
      },
      seal: async (body) => {
        m.seal.ask.decode(body);
        return m.seal.answer.encode({countersigned: await this.seal()});
      },
      inclusion: async (body) => {
        const {index, size} = m.inclusion.ask.decode(body);
        return m.inclusion.answer.encode(audit.inclusion(Number(index), Number(size)));
      },
      consistency: async (body) => {
        const {first, size} = m.consistency.ask.decode(body);
        return m.consistency.answer.encode({proof: audit.consistency(Number(first), Number(size))});
      },
    };
  }

  async #seal(): Promise<Countersigned> {
    const {audit, store, members, place, custodians, log} = this.ports;
    const newest = store.checkpoint();
    if (newest && newest.checkpoint.content.size === BigInt(audit.size)) return newest;
    if (audit.size === 0) throw new RuleError("AUDIT_EMPTY", "nothing has happened yet");
    const {size, root, head} = audit.head;
    // What custodians read and sign must not be lost here: without it the log could never go on from there.
    await audit.flushed();
    const content = {
      ...{roster: members.digest, coordinator: place, size: BigInt(size), root, head},
      timeMs: BigInt(this.ports.nowMs()),
    };
    const signed = sign(checkpoint, content, (message) => this.ports.sign(message));
    const asked = await Promise.allSettled(custodians.live.map((each) => this.#countersigned(each, signed)));
    const countersignatures = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const refusals = asked.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
    for (const err of refusals) log.warn({err}, "a custodian did not sign a checkpoint");
    if (countersignatures.length < members.k)
      throw refusals[0] ?? missing(countersignatures.length, members.k, {did: "signed the checkpoint"});
    const countersigned = {checkpoint: signed, countersignatures};
    store.saveCheckpoint(countersigned);
    log.info({size, root: hexOf(root), signatures: countersignatures.length}, "the audit log has a checkpoint");
    return countersigned;
  }

  /** Hands a custodian what it has not read up to the checkpoint, and asks it to sign. */
  async #countersigned(custodian: number, signed: SignedCheckpoint): Promise<Countersignature> {
    const {custodians, audit, members, verify} = this.ports;
    const size = Number(signed.content.size);
    let read = -1;
    for (let entries: readonly Uint8Array[] = []; read < size; ) {
      const answer = await custodians.call(custodian, "entries", {entries});
      if (answer.size <= read) throw new RuleError("AUDIT_UNREAD", `custodian ${custodian} reads no further`);
      read = Number(answer.size);
      entries = audit.entries(read, Math.min(ENTRIES_MAX, size - read));
    }
    const {countersignature: by} = await custodians.call(custodian, "countersign", {checkpoint: signed});
    const key = members.custodian(custodian)!.card.signingKey;
    if (by.content.custodian === custodian && isSignedBy(countersignature, by, key, verify)) return by;
    throw new RuleError("SIGNATURE_INVALID", `custodian ${custodian} signed something else`);
  }
}
