/** Statements that stand for several nodes. Names and order of those are part of a program's id. */
import type {Draft} from "./draft.js";
import {refuseSource} from "./draft.js";

/** A macro: the name it defines and its arguments. */
export interface MacroCall {
  readonly line: number;
  readonly name: string;
  readonly args: readonly string[];
}

/** `dot n = a1 b1 ... am bm`: all products, then a chain of sums that ends in n. @throws DecodeError SOURCE_INVALID */
export function expandDot(draft: Draft, {line, name, args}: MacroCall): void {
  if (args.length < 2 || args.length % 2 !== 0) refuseSource(line, "dot requires even number of args (pairs)");
  draft.checkDefined(line, args);
  const products: string[] = [];
  for (let at = 0; at < args.length; at += 2)
    products.push(
      draft.add(line, {
        type: "mul",
        id: draft.generate(line, `dot_${name}_m`),
        inputs: [args[at]!, args[at + 1]!],
      }),
    );
  if (products.length === 1) {
    const zero = draft.add(line, {type: "const", id: draft.generate(line, `dot_${name}_z`), value: 0n});
    draft.add(line, {type: "add", id: name, inputs: [products[0]!, zero]});
    return;
  }
  let sum = products[0]!;
  for (const [at, product] of products.entries()) {
    if (at === 0) continue;
    const id = at === products.length - 1 ? name : draft.generate(line, `dot_${name}_s`);
    sum = draft.add(line, {type: "add", id, inputs: [sum, product]});
  }
}

/** `polyeval n = x c0 ... cm`: the polynomial at x, by Horner's rule. @throws DecodeError SOURCE_INVALID */
export function expandPolyeval(draft: Draft, {line, name, args}: MacroCall): void {
  if (args.length < 2) refuseSource(line, "polyeval requires at least x and one coefficient");
  draft.checkDefined(line, args);
  const [x, ...coefficients] = args as [string, ...string[]];
  if (coefficients.length === 1) {
    const zero = draft.add(line, {type: "const", id: draft.generate(line, `poly_${name}_z`), value: 0n});
    draft.add(line, {type: "add", id: name, inputs: [coefficients[0]!, zero]});
    return;
  }
  let value = coefficients.at(-1)!;
  for (let at = coefficients.length - 2; at >= 0; at--) {
    const product = draft.add(line, {type: "mul", id: draft.generate(line, `poly_${name}_m`), inputs: [value, x]});
    const id = at === 0 ? name : draft.generate(line, `poly_${name}_a`);
    value = draft.add(line, {type: "add", id, inputs: [product, coefficients[at]!]});
  }
}
