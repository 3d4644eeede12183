/** Challenges for the sidecar: each nonce is good for one bundle, for a while. */
import {hexOf} from "../../../codecs/bytes.js";
import {UnavailableError} from "../../../errors.js";

const NONCE_BYTES = 24;
/** Nonces that may be open at once; a holder of the secret cannot make the node remember more. */
const MAX_OPEN = 512;

export class IngestNonces {
  /** When each ends, in milliseconds since 1970; oldest first. */
  readonly #open = new Map<string, number>();

  constructor(
    private readonly ports: {readonly ttlMs: number; randomBytes(size: number): Uint8Array; nowMs(): number},
  ) {}

  /** Nonces that are out and not used. */
  get size(): number {
    this.#forgetEnded();
    return this.#open.size;
  }

  /** @throws UnavailableError NGC_NONCES_OUT */
  issue(): {readonly nonce: string; readonly expiresAtMs: number} {
    if (this.size >= MAX_OPEN)
      throw new UnavailableError("NGC_NONCES_OUT", "too many challenges are open", {
        hint: "use those that were issued, or wait until they end",
      });
    const nonce = hexOf(this.ports.randomBytes(NONCE_BYTES));
    const expiresAtMs = this.ports.nowMs() + this.ports.ttlMs;
    this.#open.set(nonce, expiresAtMs);
    return {nonce, expiresAtMs};
  }

  /** Whether `nonce` was open; it is not any more. */
  use(nonce: string): boolean {
    this.#forgetEnded();
    return this.#open.delete(nonce);
  }

  #forgetEnded(): void {
    const nowMs = this.ports.nowMs();
    for (const [nonce, endsMs] of this.#open) {
      if (endsMs > nowMs) return;
      this.#open.delete(nonce);
    }
  }
}
