/** Measuring what computes: rounds interleaved, so that a busy machine is busy for everybody. */

import {UnavailableError} from "../../../src/errors.js";
import {type BackendName, type ComputeBackend, openBackend} from "../../../src/node/compute/backend.js";

export type Print = (line: string) => void;

const ROUNDS = 7;

/** Best milliseconds of each, of interleaved rounds. */
export function best<Name extends string>(
  runs: Readonly<Record<Name, () => unknown>>,
  rounds = ROUNDS,
): Record<Name, number> {
  const names = Object.keys(runs) as Name[];
  const result = Object.fromEntries(names.map((each) => [each, Number.POSITIVE_INFINITY])) as Record<Name, number>;
  for (let round = 0; round < rounds; round++)
    for (const each of names) {
      const start = performance.now();
      runs[each]();
      result[each] = Math.min(result[each], performance.now() - start);
    }
  return result;
}

export const ratio = (peerMs: number, oursMs: number): string => `${(peerMs / oursMs).toFixed(2)}x`;

/** The named backend, or null with a line that says why it is not here. */
export async function openOrSay(name: BackendName, print: Print): Promise<ComputeBackend | null> {
  try {
    const backend = await openBackend(name);
    print(`${name}: ${backend.detail}`);
    return backend;
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    print(`${error.message}: its rows are missing`);
    return null;
  }
}
