/**
 * Masks given to clients for evaluations that have not begun. They are in memory alone: their numbers have left the disk for
 * good, and who restarts is left out of the evaluations that they were for.
 */
import {RuleError} from "../../../errors.js";
import type {Vector} from "../field/vector.js";
import type {Range} from "./store.js";

/** Evaluations that one client has masks for and has not begun. */
const EVALUATIONS_WAITING_MAX = 64;
/** Most masks that all clients together have not used. */
const MASKS_MAX = 500_000;

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

export class Reservations {
  /** Oldest first: all live equally long. */
  readonly #held = new Map<bigint, Reservation>();
  readonly #counts = new Map<string, number>();
  #masks = 0;

  /** How many are held. */
  get evaluations(): number {
    return this.#held.size;
  }

  get(first: bigint): Reservation | null {
    return this.#held.get(first) ?? null;
  }

  /** @throws RuleError RESERVATIONS_TOO_MANY */
  checkRoom(
    client: string,
    {evaluations, masks}: {readonly evaluations: number; readonly masks: number},
    nowMs: bigint,
  ): void {
    this.#dropBefore(nowMs);
    const held = this.#counts.get(client) ?? 0;
    if (held + evaluations > EVALUATIONS_WAITING_MAX)
      throw new RuleError("RESERVATIONS_TOO_MANY", `${client} has masks for ${held} evaluations that it has not begun`);
    if (this.#masks + masks > MASKS_MAX)
      throw new RuleError("RESERVATIONS_TOO_MANY", `${this.#masks} masks wait for evaluations`, {
        hint: "they are free again ten minutes after they were asked for",
      });
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
    this.#counts.clear();
    this.#masks = 0;
  }

  #dropBefore(nowMs: bigint): void {
    for (const {first, expiresAtMs} of this.#held.values()) {
      if (expiresAtMs >= nowMs) return;
      this.drop(first);
    }
  }

  #count({client, count}: Reservation, by: 1 | -1): void {
    this.#masks += by * count;
    const left = (this.#counts.get(client) ?? 0) + by;
    if (left === 0) this.#counts.delete(client);
    else this.#counts.set(client, left);
  }
}
