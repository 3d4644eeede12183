/** Statements about which of several signed numbers is greater. */
import type {Expansion} from "./expansion.js";

type Operands = readonly string[];

export const gt = (to: Expansion, [a = "", b = ""]: Operands): void => to.end("lt", b, a);

export const ge = (to: Expansion, [a = "", b = ""]: Operands): void =>
  to.end("sub", to.constant(1n), to.wire("lt", a, b));

export const le = (to: Expansion, [a = "", b = ""]: Operands): void =>
  to.end("sub", to.constant(1n), to.wire("lt", b, a));

export const abs = (to: Expansion, [a = ""]: Operands): void =>
  to.end("mux", to.wire("lt", a, to.constant(0n)), to.wire("neg", a), a);

export function relu(to: Expansion, [a = ""]: Operands): void {
  const zero = to.constant(0n);
  to.end("mux", to.wire("lt", a, zero), zero, a);
}

export function max(to: Expansion, operands: Operands): void {
  const [a, b] = lastTwo(operands, (left, right) => to.wire("mux", to.wire("lt", left, right), right, left));
  to.end("mux", to.wire("lt", a, b), b, a);
}

export function min(to: Expansion, operands: Operands): void {
  const [a, b] = leastTwo(to, operands);
  to.end("mux", to.wire("lt", b, a), b, a);
}

/** The least of several, on the way. */
export function least(to: Expansion, operands: Operands): string {
  const [a, b] = leastTwo(to, operands);
  return to.wire("mux", to.wire("lt", b, a), b, a);
}

const leastTwo = (to: Expansion, operands: Operands): readonly [string, string] =>
  lastTwo(operands, (left, right) => to.wire("mux", to.wire("lt", right, left), right, left));

/** Place of the greatest, from 0; of equal ones the first. */
export function argmax(to: Expansion, operands: Operands): void {
  const [a, b] = lastTwo(
    operands.map((value, place): Candidate => ({value, place})),
    (left, right) => {
      const isRight = to.wire("lt", left.value, right.value);
      const value = to.wire("mux", isRight, right.value, left.value);
      // Neighbours whose places are known differ by 1: no product is needed to choose one.
      if (typeof left.place === "number" && typeof right.place === "number")
        return {value, place: to.wire("add", isRight, to.constant(BigInt(left.place)))};
      return {value, place: to.wire("mux", isRight, wireOf(to, right), wireOf(to, left))};
    },
  );
  if (operands.length === 2) to.end("lt", a.value, b.value);
  else to.end("mux", to.wire("lt", a.value, b.value), wireOf(to, b), wireOf(to, a));
}

interface Candidate {
  readonly value: string;
  /** A number, or the wire that has it. */
  readonly place: number | string;
}

const wireOf = (to: Expansion, {place}: Candidate): string =>
  typeof place === "number" ? to.constant(BigInt(place)) : place;

/** A tournament up to its last match: as deep as the number of players has bits. */
function lastTwo<T>(players: readonly T[], play: (left: T, right: T) => T): readonly [T, T] {
  let left = players;
  while (left.length > 2) {
    const winners: T[] = [];
    for (let at = 0; at < left.length; at += 2)
      winners.push(at + 1 < left.length ? play(left[at]!, left[at + 1]!) : left[at]!);
    left = winners;
  }
  return [left[0]!, left[1]!];
}
