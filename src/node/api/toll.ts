/**
 * What callers pay before the node works for them, in verifications of one signature.
 *
 * Two budgets: the IP address that a request comes from pays for everything; the account that a write names pays as
 * well, wherever it comes from. Forged headers, other ports and fresh keys change neither the first budget nor its owner.
 */
import {UnavailableError} from "../../errors.js";
import type {ApiOptions} from "./options.js";
import {addressBlock, RateLimiter} from "./rate-limiter.js";

export class Toll {
  readonly #ips: RateLimiter | null;
  readonly #burstUnits: number;
  readonly #senders: RateLimiter | null;

  constructor({rateLimit, senderLimit}: Pick<ApiOptions, "rateLimit" | "senderLimit">) {
    this.#ips = rateLimit === null ? null : new RateLimiter(rateLimit);
    this.#burstUnits = rateLimit?.burstUnits ?? 0;
    this.#senders = rateLimit === null || senderLimit === null ? null : new RateLimiter(senderLimit);
  }

  /** @throws UnavailableError RATE_LIMITED */
  charge(ip: string, units: number, nowMs: number): void {
    const waitMs = this.#ips?.take(addressBlock(ip), units, nowMs) ?? 0;
    if (waitMs > 0) throw limited("too many requests from this address", waitMs);
  }

  /**
   * Charges `ip` for work that can wait and returns 0, or returns the milliseconds to wait and charges nothing. What
   * costs more than can be had at once costs that.
   */
  waitFor(ip: string, units: number, nowMs: number): number {
    return this.#ips?.take(addressBlock(ip), Math.min(units, this.#burstUnits), nowMs) ?? 0;
  }

  /**
   * Charges the account that a write names, before its signature is looked at.
   * @param read finds the account; `null` for what names none
   * @returns gives the units back. For every write that is not taken: nothing proves whose it was, and a forger must
   * not use up the budget of an account by naming it
   * @throws UnavailableError RATE_LIMITED
   */
  chargeSender(read: () => string | null, units: number, nowMs: number): () => void {
    const senders = this.#senders;
    const sender = senders ? read() : null;
    if (!senders || sender === null) return () => undefined;
    const waitMs = senders.take(sender, units, nowMs);
    if (waitMs > 0) throw limited(`too many writes of ${sender}`, waitMs);
    return () => senders.giveBack(sender, units);
  }
}

const limited = (message: string, waitMs: number): UnavailableError =>
  new UnavailableError("RATE_LIMITED", message, {
    hint: `try again in ${Math.ceil(waitMs / 1_000)} s`,
    details: {retry_after_ms: waitMs},
  });
