/**
 * How much an answer can say: bounds on the values of each wire, from the nodes alone. Inputs, secrets and the author's
 * constants may be any element of the field for whoever asks; comparisons and shifts have fewer values, and a constant that a
 * statement brought along has one.
 */
import {type Ir, isOperationNode, type Node} from "../../../codecs/quorum/ir.js";
import {P, reduce, signed} from "../field/field.js";
import {isGenerated} from "../language/draft.js";

/** Integers from the first to the last, to one of which the value is equal modulo p; `null` for any element. */
type Range = readonly [bigint, bigint] | null;

/** Bits of an element of the field. */
export const ELEMENT_BITS = 127;
/** Magnitude below which a shift is a division. */
const SHIFT_LIMIT = 1n << 125n;
const BIT: Range = [0n, 1n];

/** Bits that tell the values of each wire apart, by name: 0 where it has but one, 127 for a whole element. */
export function bitsOfWires({nodes}: Ir): ReadonlyMap<string, number> {
  const ranges = new Map<string, Range>();
  const bits = new Map<string, number>();
  for (const node of nodes) {
    const range = bounded(rangeOf(node, ranges));
    ranges.set(node.id, range);
    const byRange = range === null ? ELEMENT_BITS : lengthOf(range[1] - range[0]);
    bits.set(node.id, Math.min(byRange, ofOperands(node, bits)));
  }
  return bits;
}

/** What is computed says no more than what it is computed from, however far its values lie apart. */
const ofOperands = (node: Node, bits: ReadonlyMap<string, number>): number =>
  isOperationNode(node) ? [...new Set(node.inputs)].reduce((sum, name) => sum + bits.get(name)!, 0) : ELEMENT_BITS;

const lengthOf = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

/** The same where it says something. Whatever is as wide as the field, or far out, may be any element. */
function bounded(range: Range): Range {
  if (range === null) return null;
  const [from, to] = range;
  if (from === to) return [signed(reduce(from)), signed(reduce(from))];
  return to - from < P && from > -P && to < P ? range : null;
}

function rangeOf(node: Node, ranges: ReadonlyMap<string, Range>): Range {
  if (node.type === "const") return isGenerated(node.id) ? [node.value, node.value] : null;
  if (!isOperationNode(node)) return null;
  if (node.type === "lt" || node.type === "eq") return BIT;
  const [a = null, b = null, c = null] = node.inputs.map((name) => ranges.get(name)!);
  switch (node.type) {
    case "add":
      return sum(a, b);
    case "sub":
      return sum(a, minus(b));
    case "neg":
      return minus(a);
    case "mul":
      return product(a, b);
    case "mux":
      return a && a[0] >= 0n && a[1] <= 1n ? either(b, c) : sum(product(a, sum(b, minus(c))), c);
    case "shr": {
      const bits = BigInt(node.bits);
      if (a && a[0] >= -SHIFT_LIMIT && a[1] < SHIFT_LIMIT) return [a[0] >> bits, a[1] >> bits];
      return [-(SHIFT_LIMIT >> bits), (P - SHIFT_LIMIT) >> bits];
    }
  }
}

const minus = (a: Range): Range => a && [-a[1], -a[0]];
const sum = (a: Range, b: Range): Range => a && b && [a[0] + b[0], a[1] + b[1]];
const either = (a: Range, b: Range): Range => a && b && [a[0] < b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]];

function product(a: Range, b: Range): Range {
  if (!a || !b) return null;
  const corners = a.flatMap((left) => b.map((right) => left * right));
  return corners.reduce<readonly [bigint, bigint]>(
    ([least, most], each) => [each < least ? each : least, each > most ? each : most],
    [corners[0]!, corners[0]!],
  );
}
