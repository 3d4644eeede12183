/**
 * A custodian's part in attestation: it shows what its machine says to whoever asks, and asks the others before it does anything
 * that gives them shares or keys. What it learnt of one stands for the connection it came by, and no longer than the roster says.
 */

import {hexOf} from "../../../codecs/bytes.js";
import {
  attestation,
  type SharedAttestations,
  sharedNonce,
  userDataOf,
} from "../../../codecs/quorum/strict/attestation.js";
import {isInsecure} from "../../../codecs/quorum/strict/attestation-policy.js";
import type {AttestationStanding} from "../../../codecs/quorum/strict/calls.js";
import {sign} from "../../../codecs/quorum/strict/statement.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {QsdmError, RuleError, UnavailableError} from "../../../errors.js";
import {type Asked, type Attested, checkAttestation, type SignedAttestation} from "../../quorum/attestation/check.js";
import {allOf, unattested} from "../../quorum/attestation/refusals.js";
import type {Members} from "../../quorum/strict/members.js";
import type {Log} from "../../service.js";
import type {AttestationDriver} from "./driver.js";

const NONCE_BYTES = 32;
/**
 * Reports that are waited for: a machine makes one at a time. Jobs wait for those that custodians ask for, so whatever comes by
 * way of coordinators, from any client, leaves room for them.
 */
const WAITING_MAX = {custodians: 64, coordinators: 32} as const;
/** Nonces that were given out and not come back yet, and how long they are good. */
const CHALLENGES_MAX = 64;
const CHALLENGE_MS = 10 * 60_000;

export interface AttestorPorts {
  readonly members: Members;
  readonly place: number;
  /** Null where the roster demands nothing, and nothing is shown. */
  readonly driver: AttestationDriver | null;
  readonly verify: VerifySignature;
  readonly log: Log;
  sign(message: Uint8Array): Uint8Array;
  random(size: number): Uint8Array;
  nowMs(): number;
  /** What the other shows, and the session that it was asked in. @throws what the other refuses with; UnavailableError */
  ask(place: number, nonce: Uint8Array): Promise<Answer>;
}

export interface Answer {
  readonly signed: SignedAttestation;
  readonly session: Uint8Array;
}

interface Standing {
  readonly attested: Attested | null;
  readonly untilMs: number;
  /** Why the last evidence was refused; empty where it was not. */
  readonly refusal: string;
}

export class Attestor {
  /** Evidence that was refused, since the start. */
  refusals = 0;
  readonly #standings = new Map<number, Standing>();
  readonly #asking = new Map<number, Promise<void>>();
  readonly #challenges = new Map<string, number>();
  #collecting: Promise<unknown> = Promise.resolve();
  readonly #waiting = {custodians: 0, coordinators: 0};

  constructor(private readonly ports: AttestorPorts) {}

  get isRequired(): boolean {
    return this.ports.members.roster.attestation !== null;
  }

  /**
   * Evidence of this machine for `nonce`.
   * @param session in which another custodian asks; null for whoever asks by way of a coordinator
   * @throws RuleError ATTESTATION_REQUIRED; UnavailableError ATTESTATION_BUSY, ATTESTATION_UNAVAILABLE
   */
  async show(nonce: Uint8Array, session: Uint8Array | null): Promise<SignedAttestation> {
    const {driver, members, place} = this.ports;
    if (!driver) throw unattested(members, place, "it has no driver");
    const from = session ? "custodians" : "coordinators";
    if (this.#waiting[from] >= WAITING_MAX[from])
      throw new UnavailableError("ATTESTATION_BUSY", "too many ask for reports at once");
    this.#waiting[from]++;
    const turn = this.#collecting
      .then(() => this.#collect(driver, {nonce, session}))
      .finally(() => this.#waiting[from]--);
    this.#collecting = turn.catch(() => undefined);
    return turn;
  }

  async #collect(
    driver: AttestationDriver,
    asked: Pick<SignedAttestation["content"], "nonce" | "session">,
  ): Promise<SignedAttestation> {
    const {members, place, nowMs} = this.ports;
    const named = {roster: members.digest, custodian: place, ...asked, timeMs: BigInt(nowMs())};
    const report = await driver.collect(userDataOf({...named, card: members.custodian(place)!.card}));
    return sign(attestation, {...named, kind: driver.kind, report}, (message) => this.ports.sign(message));
  }

  /** Whether the others will take this machine. @throws RuleError ATTESTATION_DRIVER_REQUIRED, ATTESTATION_REJECTED; UnavailableError ATTESTATION_UNAVAILABLE */
  async checkOwn(): Promise<Attested | null> {
    const {driver, members, place, log} = this.ports;
    if (!this.isRequired) {
      if (driver) log.warn({kind: driver.kind}, "the roster demands no attestation, so nobody asks for this machine's");
      return null;
    }
    if (!driver)
      throw new RuleError("ATTESTATION_DRIVER_REQUIRED", "the roster demands attestation, and no driver is chosen", {
        hint: "add --attestation KIND; qsdm quorum roster verify shows what is accepted",
      });
    const nonce = this.ports.random(NONCE_BYTES);
    const own = checkAttestation(await this.show(nonce, null), this.#asked(members, place, {nonce, session: null}));
    this.#note(place, own, "this machine is attested");
    return own;
  }

  /** @throws RuleError ATTESTATION_REQUIRED, ATTESTATION_REJECTED, which name the custodians */
  async demand(places: readonly number[]): Promise<void> {
    if (!this.isRequired) return;
    const asked = await Promise.allSettled(this.#due(places).map((place) => this.#ask(place)));
    const failed = asked.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
    if (failed.length > 0) throw allOf(failed);
    const ended = this.#due(places).map((place) => unattested(this.ports.members, place, "what it showed has ended"));
    if (ended.length > 0) throw allOf(ended);
  }

  /** Asks again for what ends soon, so that no job waits for it. */
  async renew(places: readonly number[]): Promise<void> {
    if (!this.isRequired) return;
    // A refusal is kept, and said to whoever asks for the job or the standing.
    await Promise.allSettled(this.#due(places, this.#ageMs / 2).map((place) => this.#ask(place)));
  }

  /** The connection ended: who comes by the next one may be on another machine. */
  forget(place: number): void {
    this.#standings.delete(place);
    this.#asking.delete(place);
  }

  /** A nonce for evidence that comes by way of others. */
  challenge(): Uint8Array {
    const nowMs = this.ports.nowMs();
    for (const [nonce, untilMs] of this.#challenges) if (untilMs < nowMs) this.#challenges.delete(nonce);
    const [oldest] = this.#challenges.keys();
    if (this.#challenges.size >= CHALLENGES_MAX) this.#challenges.delete(oldest!);
    const nonce = this.ports.random(NONCE_BYTES);
    this.#challenges.set(hexOf(nonce), nowMs + CHALLENGE_MS);
    return nonce;
  }

  /**
   * Whether every custodian of the next roster showed what that roster demands, for a nonce of this custodian's.
   * @throws RuleError ATTESTATION_REQUIRED, ATTESTATION_REJECTED
   */
  checkNext(next: Members, shown: SharedAttestations | null): void {
    if (!next.roster.attestation) return;
    if (!shown)
      throw new RuleError("ATTESTATION_REQUIRED", "the next roster demands attestation, and no evidence came", {
        hint: "qsdm quorum rotate asks the next custodians for it",
      });
    const own = shown.nonces.map(hexOf).find((each) => (this.#challenges.get(each) ?? 0) >= this.ports.nowMs());
    if (own === undefined)
      throw new RuleError("ATTESTATION_REJECTED", "the evidence answers no nonce of this custodian", {
        hint: "nonces are good once, and for ten minutes: try again",
      });
    this.#challenges.delete(own);
    const nonce = sharedNonce(shown.nonces);
    for (let place = 0; place < next.n; place++) {
      const signed = shown.attestations.find(({content}) => content.custodian === place);
      if (!signed) throw unattested(next, place, "the handover came without its");
      const attested = checkAttestation(signed, this.#asked(next, place, {nonce, session: null}));
      this.#note(place, attested, "a custodian of the next roster is attested");
    }
  }

  /** What is known of the others; nothing where nobody asks. */
  standings(): readonly AttestationStanding[] {
    const {members, place: own} = this.ports;
    if (!this.isRequired) return [];
    return Array.from({length: members.n}, (_, place) => place)
      .filter((place) => place !== own)
      .map((place) => {
        const {attested, untilMs, refusal} = this.#standings.get(place) ?? {attested: null, untilMs: 0, refusal: ""};
        const known = attested && untilMs > this.ports.nowMs() ? attested : null;
        return {
          custodian: place,
          kind: known?.kind ?? null,
          measurement: known?.measurement ?? new Uint8Array(),
          validUntilMs: BigInt(known ? untilMs : 0),
          refusal,
        };
      });
  }

  get #ageMs(): number {
    return (this.ports.members.roster.attestation?.maxAgeS ?? 0) * 1_000;
  }

  /** Those of `places` that nothing stands of, or not for `forMs` more. */
  #due(places: readonly number[], forMs = 0): readonly number[] {
    const atMs = this.ports.nowMs() + forMs;
    return places.filter((place) => {
      const {attested, untilMs} = this.#standings.get(place) ?? {attested: null, untilMs: 0};
      return attested === null || untilMs <= atMs;
    });
  }

  #asked(members: Members, place: number, by: Pick<Asked, "nonce" | "session">): Asked {
    return {members, place, ...by, nowMs: this.ports.nowMs(), verify: this.ports.verify};
  }

  /** One question at a time to each. */
  #ask(place: number): Promise<void> {
    const under = this.#asking.get(place);
    if (under) return under;
    const asking: Promise<void> = this.#learn(place, () => this.#asking.get(place) === asking).finally(() => {
      if (this.#asking.get(place) === asking) this.#asking.delete(place);
    });
    this.#asking.set(place, asking);
    return asking;
  }

  /** @param isAsked false once the connection has ended: what still comes by it says nothing of who comes by the next one */
  async #learn(place: number, isAsked: () => boolean): Promise<void> {
    const {members, log} = this.ports;
    const nonce = this.ports.random(NONCE_BYTES);
    const untilMs = this.ports.nowMs() + this.#ageMs;
    try {
      const {signed, session} = await this.#answer(place, nonce);
      if (!isAsked()) throw unattested(members, place, "its connection ended");
      const attested = checkAttestation(signed, this.#asked(members, place, {nonce, session}));
      this.#standings.set(place, {attested, untilMs, refusal: ""});
      this.#note(place, attested, "a custodian is attested");
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      this.refusals++;
      const before = this.#standings.get(place);
      // What was shown before stands as long as it would have: the other may be busy. What is refused ends it.
      const kept = error.code === "ATTESTATION_REQUIRED" ? before : undefined;
      if (isAsked())
        this.#standings.set(place, {
          attested: null,
          untilMs: 0,
          ...kept,
          refusal: error.message.slice(0, 512).toWellFormed(),
        });
      log.warn(
        {code: error.code, custodian: members.namesOf([place])[0], why: error.message},
        "a custodian is not attested",
      );
      throw error;
    }
  }

  async #answer(place: number, nonce: Uint8Array): Promise<Answer> {
    try {
      return await this.ports.ask(place, nonce);
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      throw unattested(this.ports.members, place, error.message);
    }
  }

  #note(place: number, {kind, measurement, versions}: Attested, what: string): void {
    const {members, log} = this.ports;
    const said = {custodian: members.namesOf([place])[0], kind, measurement: hexOf(measurement), versions};
    if (isInsecure(kind)) log.warn(said, `${what} by software, which is INSECURE and protects nothing`);
    else log.info(said, what);
  }
}
