/**
 * Protocols among n custodians as generators: each yields what it sends to every custodian and gets what every
 * custodian sent to it, round by round. The same protocol runs over channels or, in one process, in lock step.
 *
 * Channels are private and authenticated; nothing is assumed of what comes over them.
 */

import {concat, equalBytes} from "../../../codecs/bytes.js";
import {sha256} from "../../../codecs/hash.js";
import {RuleError, UnavailableError} from "../../../errors.js";
import type {Arithmetic} from "../field/vector.js";

/** One message for each custodian, by place; its own as well. */
export type Outgoing = readonly Uint8Array[];
/** What came from each custodian, by place; `null` from one that is silent. */
export type Incoming = readonly (Uint8Array | null)[];
export type Protocol<T> = Generator<Outgoing, T, Incoming>;

/** Why an evaluation ends without a result. */
export type AbortReason =
  | "malformed"
  | "commitment"
  | "inconsistent-opening"
  | "wrong-product"
  | "wrong-mac"
  | "zero-square"
  | "equivocation"
  | "wrong-mask"
  | "wrong-resharing"
  | "replay"
  | "silence"
  | "given-up";

/** Ends a protocol at an honest custodian: somebody deviated. `culprits` are places, where they can be told. */
export function abort(reason: AbortReason, culprits: readonly number[] = []): never {
  const who = culprits.length === 0 ? "someone among the custodians" : `custodian ${culprits.join(" and ")}`;
  throw new RuleError("EVALUATION_ABORTED", `${who} deviated from the protocol: ${reason}`, {
    details: {reason, culprits},
    hint: "no result was opened; the preprocessing is spent",
  });
}

/** Ends a protocol that needs more custodians than answer. */
export function tooFew(present: number, needed: number): never {
  throw new UnavailableError("CUSTODIANS_MISSING", `Only ${present}/${needed} custodians take part`);
}

const DIGEST_BYTES = 32;
/** Stands for the digest of a message that did not come. */
const SILENCE = new Uint8Array(DIGEST_BYTES);

/** What one custodian has in a protocol run. */
export class Party {
  /** Digest of all that was heard in broadcasts so far. */
  #heard: Uint8Array = new Uint8Array(DIGEST_BYTES);
  #present = 0;

  constructor(
    /** Place among the custodians, from 0; its x is one more. */
    readonly place: number,
    readonly n: number,
    /** Most custodians that may collude: one less than open a value. */
    readonly t: number,
    readonly random: (size: number) => Uint8Array,
    readonly field: Arithmetic,
  ) {}

  get x(): bigint {
    return BigInt(this.place + 1);
  }

  /** The same message to everyone. */
  broadcast(message: Uint8Array): Outgoing {
    return Array.from({length: this.n}, () => message);
  }

  /** Remembers what was broadcast, to be compared with what the others heard. */
  hear(messages: Incoming): void {
    this.#present = messages.filter((each) => each !== null).length;
    const digests = messages.map((each) => (each === null ? SILENCE : sha256(each)));
    this.#heard = sha256(this.#heard, ...digests);
  }

  heard(): Uint8Array {
    return this.#heard;
  }

  /**
   * Whether t of those that were heard last could have opened different values to different others, and learn something by
   * what these send next. With more, honest shares alone fix a value. With fewer, as many shares as are sent are random to
   * them.
   */
  get isOpenToTwoValues(): boolean {
    return this.#present > this.t + 1 && this.#present <= 2 * this.t;
  }
}

/**
 * A message that everyone gets; everyone's messages. Each goes with the digest of all that its sender heard before, so
 * whoever told two custodians different things is found out one round later: before anybody uses what came in that round,
 * though after it was sent.
 * @throws RuleError EVALUATION_ABORTED
 */
export function* exchange(party: Party, message: Uint8Array): Protocol<Incoming> {
  const own = party.heard();
  const incoming = yield party.broadcast(concat(own, message));
  // Whoever heard something else than this one has nothing to be held against it: all are compared before any is read.
  checkSameHeard(incoming, own);
  const messages = incoming.map((each) => (each === null ? null : each.subarray(DIGEST_BYTES)));
  party.hear(messages);
  return messages;
}

/**
 * Compares what was heard so far: whoever told different custodians different things is found out, though not named.
 * @throws RuleError EVALUATION_ABORTED
 */
export function* compareHeard(party: Party): Protocol<void> {
  const own = party.heard();
  checkSameHeard(yield party.broadcast(own), own);
}

/** @throws RuleError EVALUATION_ABORTED */
function checkSameHeard(incoming: Incoming, own: Uint8Array): void {
  for (const [place, message] of incoming.entries())
    if (message !== null && message.length < DIGEST_BYTES) abort("malformed", [place]);
  for (const message of incoming)
    if (message !== null && !equalBytes(message.subarray(0, DIGEST_BYTES), own)) abort("equivocation");
}
