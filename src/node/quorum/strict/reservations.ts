/**
 * Masks given to clients for evaluations that have not begun. They are in memory alone: their numbers have left the disk for
 * good, and who restarts is left out of the evaluations that they were for.
 */
import {equalBytes} from "../../../codecs/bytes.js";
import {RuleError} from "../../../errors.js";
import type {Vector} from "../field/vector.js";
import type {Range} from "./store.js";

/** Evaluations that one client has masks for and has not begun. */
const EVALUATIONS_WAITING_MAX = 64;
/** Masks that one client has and has not used: 4 MiB. No client's take another's room. */
const MASKS_WAITING_MAX = 65_536;

interface Held {
  evaluations: number;
  masks: number;
}

/** Masks given to a client for one evaluation. */
export interface Reservation extends Range {
  readonly epoch: bigint;
  readonly client: string;
  readonly programId: string;
  /** Digest of the request that they were given for. */
  readonly request: Uint8Array;
  /** Milliseconds since 1970; afterwards the masks are gone. */
  readonly expiresAtMs: bigint;
  /** The masks themselves: `MASK_ROWS` rows. */
  readonly masks: Vector;
}

/** What a ticket says of its masks. */
export type GivenTo = Pick<Reservation, "epoch" | "client" | "programId" | "request"> & {
  readonly firstMask: bigint;
  readonly evaluations: number;
};

export class Reservations {
  /** Oldest first: all live equally long. */
  readonly #held = new Map<bigint, Reservation>();
  readonly #byClient = new Map<string, Held>();

  /** How many are held. */
  get evaluations(): number {
    return this.#held.size;
  }

  /**
   * Masks that a client was given for each of its evaluations, `wires` for one.
   * @throws RuleError MASKS_UNKNOWN
   */
  given({firstMask, evaluations, ...said}: GivenTo, wires: number): readonly Reservation[] {
    return Array.from({length: evaluations}, (_, at) => {
      const first = firstMask + BigInt(at * wires);
      const held = this.find({...said, firstMask: first});
      if (held) return held;
      throw new RuleError("MASKS_UNKNOWN", `masks from ${first} on were not given to ${said.client}`);
    });
  }

  /** Masks that a client was given for one evaluation, if they were. */
  find({firstMask, ...said}: Omit<GivenTo, "evaluations">): Reservation | null {
    const held = this.#held.get(firstMask);
    const fits =
      held?.epoch === said.epoch &&
      held.client === said.client &&
      held.programId === said.programId &&
      equalBytes(held.request, said.request);
    return fits ? held : null;
  }

  /** @throws RuleError RESERVATIONS_TOO_MANY */
  checkRoom(
    client: string,
    {evaluations, masks}: {readonly evaluations: number; readonly masks: number},
    nowMs: bigint,
  ): void {
    this.#dropBefore(nowMs);
    const held = this.#byClient.get(client) ?? {evaluations: 0, masks: 0};
    if (held.evaluations + evaluations > EVALUATIONS_WAITING_MAX || held.masks + masks > MASKS_WAITING_MAX)
      throw new RuleError(
        "RESERVATIONS_TOO_MANY",
        `${client} has ${held.masks} masks for ${held.evaluations} evaluations that it has not begun`,
        {hint: "they are free again ten minutes after they were asked for"},
      );
  }

  add(reservation: Reservation): void {
    this.#held.set(reservation.first, reservation);
    this.#count(reservation, 1);
  }

  drop(first: bigint): void {
    const known = this.#held.get(first);
    if (!known) return;
    this.#held.delete(first);
    this.#count(known, -1);
  }

  /** Keys have changed: what was made under the old ones fits not to them. */
  clear(): void {
    this.#held.clear();
    this.#byClient.clear();
  }

  #dropBefore(nowMs: bigint): void {
    for (const {first, expiresAtMs} of this.#held.values()) {
      if (expiresAtMs >= nowMs) return;
      this.drop(first);
    }
  }

  #count({client, count}: Reservation, by: 1 | -1): void {
    const held = this.#byClient.get(client) ?? {evaluations: 0, masks: 0};
    held.evaluations += by;
    held.masks += by * count;
    if (held.evaluations === 0) this.#byClient.delete(client);
    else this.#byClient.set(client, held);
  }
}
