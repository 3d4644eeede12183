/** Searches for the work in place of a bond while a person watches. */
import {setImmediate} from "node:timers/promises";
import {searchBondWork} from "../node/ledger/enrollment/bond-work.js";
import type {Io} from "./io.js";

/** A twentieth of a second: Ctrl-C is heard between two of them. */
const ATTEMPTS_PER_STEP = 100_000;
/** 2^22, what a nonce takes on average. */
const EXPECTED_ATTEMPTS = 4_194_304;

const millions = (attempts: number): string => (attempts / 1e6).toFixed(1);

/** The least nonce that is the work for `prefix`. An interrupt ends the search. */
export async function findBondWork(io: Io, prefix: Uint8Array): Promise<bigint> {
  const progress = io.progress(
    `searching the work in place of a bond, ${millions(EXPECTED_ATTEMPTS)} million attempts on average`,
  );
  for (let tried = 0; ; tried += ATTEMPTS_PER_STEP) {
    const nonce = searchBondWork(prefix, BigInt(tried), ATTEMPTS_PER_STEP);
    if (nonce !== null) {
      progress.done(`work found after ${nonce + 1n} attempts`);
      return nonce;
    }
    progress.tick(`searching the work in place of a bond: ${millions(tried + ATTEMPTS_PER_STEP)} million attempts`);
    await setImmediate(undefined, {signal: io.signal});
  }
}
