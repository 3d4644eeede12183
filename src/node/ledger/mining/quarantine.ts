/** Addresses that may not mine for a while, after a batch that was not what it claimed. QSDM mining protocol, 12.4. */

/** Heights that one offence costs. */
export const QUARANTINE_BLOCKS = 10_080n;

export class Quarantine {
  readonly #until = new Map<string, bigint>();

  /** Blocks `address` from `height` on; a shorter ban never replaces a longer one. */
  add(address: string, height: bigint): void {
    const until = height + QUARANTINE_BLOCKS;
    if (until > (this.#until.get(address) ?? 0n)) this.#until.set(address, until);
  }

  /** Whether `address` is blocked at `height`; the last height is exclusive. */
  has(address: string, height: bigint): boolean {
    return height < (this.#until.get(address) ?? 0n);
  }
}
