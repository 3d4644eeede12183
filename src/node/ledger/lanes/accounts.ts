/** Accounts by small numbers, their balances and nonces in typed arrays. */
import {accountAt} from "../monetary/supply.js";
import type {State} from "../state/state.js";
import {type Account, accounts} from "../state/stores.js";

/** Balances in dust and nonces, by the account's number. */
export interface Columns {
  readonly balances: BigUint64Array;
  readonly nonces: BigUint64Array;
}

/** The accounts that some payments touch, numbered in the order in which they are met. */
export class LaneAccounts {
  readonly #numbers = new Map<string, number>();
  readonly #addresses: string[] = [];
  /** As they were read. */
  readonly #before: Account[] = [];

  /** @param columns room for every account that will be met, two for each payment at most */
  constructor(
    private readonly state: State,
    private readonly columns: Columns,
  ) {}

  get size(): number {
    return this.#addresses.length;
  }

  /** The number of an account, which is read from the state when it is first met. */
  numberOf(address: string): number {
    const known = this.#numbers.get(address);
    if (known !== undefined) return known;
    const number = this.#addresses.length;
    const before = accountAt(this.state, address);
    const {balanceDust, nonce} = before;
    this.columns.balances[number] = balanceDust;
    this.columns.nonces[number] = nonce;
    this.#numbers.set(address, number);
    this.#addresses.push(address);
    this.#before.push(before);
    return number;
  }

  /** Writes what changed into the state. */
  settle(): void {
    const {balances, nonces} = this.columns;
    for (const [number, address] of this.#addresses.entries()) {
      const before = this.#before[number]!;
      const [balanceDust, nonce] = [balances[number]!, nonces[number]!];
      if (balanceDust !== before.balanceDust || nonce !== before.nonce)
        this.state.put(accounts, address, {balanceDust, nonce});
    }
  }
}
