/**
 * Protocols among n custodians as generators: each yields what it sends to every custodian and gets what every
 * custodian sent to it, round by round. The same protocol runs over channels or, in one process, in lock step.
 *
 * Channels are private and authenticated; nothing is assumed of what comes over them.
 */

import {concat, hexOf} from "../../../codecs/bytes.js";
import {shake256} from "../../../codecs/hash.js";
import {RuleError, UnavailableError} from "../../../errors.js";

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

/** What one custodian has in a protocol run. */
export class Party {
  readonly #heard: string[] = [];

  constructor(
    /** Place among the custodians, from 0; its x is one more. */
    readonly place: number,
    readonly n: number,
    /** Most custodians that may collude: one less than open a value. */
    readonly t: number,
    readonly random: (size: number) => Uint8Array,
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
    this.#heard.push(hexOf(shake256(concat(...messages.map((each) => framed(each))), 32)));
  }

  /** Digest of all that was heard in broadcasts so far. */
  heard(): Uint8Array {
    return shake256(Buffer.from(this.#heard.join()), 32);
  }
}

const framed = (message: Uint8Array | null): Uint8Array => {
  if (message === null) return Uint8Array.of(0);
  const size = new Uint8Array(5);
  size[0] = 1;
  new DataView(size.buffer).setUint32(1, message.length);
  return concat(size, message);
};

/** A message that everyone gets; everyone's messages. */
export function* exchange(party: Party, message: Uint8Array): Protocol<Incoming> {
  const incoming = yield party.broadcast(message);
  party.hear(incoming);
  return incoming;
}

/**
 * Compares what was heard so far: whoever told different custodians different things is found out, though not named.
 * @throws RuleError EVALUATION_ABORTED
 */
export function* compareHeard(party: Party): Protocol<void> {
  const own = party.heard();
  const incoming = yield party.broadcast(own);
  for (const digest of incoming) if (digest !== null && Buffer.compare(digest, own) !== 0) abort("equivocation");
}
