/**
 * Results of tickets that were done, for whoever comes for them again: a coordinator may be gone before it handed them on. In
 * memory: who restarts says that the ticket was used.
 */
import {hexOf} from "../../../codecs/bytes.js";

/** Thousands of results, or some of the largest programs. */
const BYTES_MAX = 32 * 1024 * 1024;

export class Results {
  /** By digest of the ticket, oldest first. */
  readonly #results = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(private readonly maxBytes = BYTES_MAX) {}

  keep(ticket: Uint8Array, result: Uint8Array): void {
    const id = hexOf(ticket);
    this.#drop(id);
    this.#results.set(id, result);
    this.#bytes += result.length;
    for (const oldest of this.#results.keys()) {
      if (this.#bytes <= this.maxBytes) return;
      this.#drop(oldest);
    }
  }

  of(ticket: Uint8Array): Uint8Array | null {
    return this.#results.get(hexOf(ticket)) ?? null;
  }

  #drop(id: string): void {
    this.#bytes -= this.#results.get(id)?.length ?? 0;
    this.#results.delete(id);
  }
}
