/**
 * The state root of QSDM's chains: a digest over accounts, with those of other stores laid around it where they hold
 * something. Balances are doubles with six decimals, so that 99 dust can differ unseen, or whole dust on chains that
 * count in it. Most of what its consensus decides on is under neither (D6): good for reading old chains, never for ours.
 * Source: node specification, section 2.5. Vectors: state-root.vectors.json.
 */
import {U64_MAX} from "../amount.js";
import {hexOf, utf8} from "../bytes.js";
import {sha256} from "../hash.js";

const hashText = (text: string): string => hexOf(sha256(utf8(text)));

interface Named {
  readonly address: string;
  readonly nonce: bigint;
}
/** `balance` is in CELL. */
export type FloatAccount = Named & {readonly balance: number};
export type DustAccount = Named & {readonly balanceDust: bigint};

/** Accounts by address, in the order of its bytes. */
const inOrder = <A extends Named>(accounts: readonly A[]): A[] =>
  [...accounts].sort((a, b) => Buffer.compare(utf8(a.address), utf8(b.address)));

/** Six decimals, a tie to the even digit: `toFixed` takes the larger. Only a multiple of 1/128 can lie between two. */
function sixDecimals(balance: number): string {
  const up = balance.toFixed(6);
  const isTie = Math.abs((balance * 128) % 2) === 1;
  const digit = Number(up.at(-1));
  return isTie && digit % 2 === 1 ? `${up.slice(0, -1)}${digit - 1}` : up;
}

/** Root over accounts that count in CELL. */
export const floatRoot = (accounts: readonly FloatAccount[]): string =>
  hashText(
    inOrder(accounts)
      .map(({address, balance, nonce}) => `${address}:${sixDecimals(balance)}:${nonce};`)
      .join(""),
  );

/** Root over accounts that count in dust. */
export const dustRoot = (accounts: readonly DustAccount[]): string =>
  hashText(
    inOrder(accounts)
      .map(({address, balanceDust, nonce}) => `${address}:${balanceDust}:${nonce};`)
      .join(""),
  );

/** Whole dust in a balance, as the reference floors its product; `null` when it has no room for that. */
export function flooredDust(balance: number): bigint | null {
  const dust = Math.floor(balance * 100_000_000);
  return dust >= 0 && BigInt(dust) <= U64_MAX ? BigInt(dust) : null;
}

/** The same accounts counted in dust, in the order of their addresses; `null` when one does not fit. */
export function migrated(accounts: readonly FloatAccount[]): readonly DustAccount[] | null {
  const all = inOrder(accounts).map(({balance, ...rest}) => ({...rest, balanceDust: flooredDust(balance)}));
  return all.every((each): each is DustAccount => each.balanceDust !== null) ? all : null;
}

/** A store besides the accounts: how much it holds, and its own root. */
export interface StoreRoot {
  readonly count: number;
  readonly root: string;
}

/** Root over everything: an empty store leaves it as it is. */
export function compositeRoot(
  accountRoot: string,
  stores: {readonly tasks: StoreRoot; readonly streams: StoreRoot; readonly recovery: StoreRoot},
): string {
  let root = accountRoot;
  if (stores.tasks.count > 0) root = hashText(`accounts:${root}\ntasks:${stores.tasks.root}`);
  if (stores.streams.count > 0) root = hashText(`state:${root}\nstreams:${stores.streams.root}`);
  if (stores.recovery.count > 0) root = hashText(`state:${root}\nwallet-recovery:${stores.recovery.root}`);
  return root;
}
