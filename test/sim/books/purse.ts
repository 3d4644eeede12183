/** Money in the second set of books: who has how much, what was mined and what was burned. */
import type {Checker} from "../checkers.js";

/** Checkers that speak for these books. */
export type BookChecker = Extract<
  Checker,
  "supply" | "stakes" | "bonds" | "slashing" | "epochs" | "governance" | "streams" | "clients"
>;
/** Notes what a block does and may not. */
export type Fault = (checker: BookChecker, what: string) => void;

/** One call of a block, behind its fee. */
export interface Called {
  readonly sender: string;
  readonly contract: string;
  readonly payload: Uint8Array;
  readonly height: bigint;
  readonly applied: boolean;
}

export class Purse {
  readonly #balances = new Map<string, bigint>();
  minedDust = 0n;
  burnedDust = 0n;

  of(address: string): bigint {
    return this.#balances.get(address) ?? 0n;
  }

  /** Adds to a balance, or takes from it. */
  move(address: string, dust: bigint): void {
    this.#balances.set(address, this.of(address) + dust);
  }

  /** All balances together. */
  get dust(): bigint {
    let sum = 0n;
    for (const dust of this.#balances.values()) sum += dust;
    return sum;
  }

  /** An account that owes, or null. */
  overdrawn(): string | null {
    for (const [address, dust] of this.#balances) if (dust < 0n) return address;
    return null;
  }

  lines(): string[] {
    const held = [...this.#balances].filter(([, dust]) => dust !== 0n);
    return [...held.map(([address, dust]) => accountLine(address, dust)), supplyLine(this)];
  }
}

export const accountLine = (address: string, dust: bigint): string => `account ${address} ${dust}`;
export const supplyLine = ({minedDust, burnedDust}: {minedDust: bigint; burnedDust: bigint}): string =>
  `supply ${minedDust} mined, ${burnedDust} burned`;
