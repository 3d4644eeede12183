/** A matrix times a vector of fixed-point numbers. */
import {IR_MAX_NODES, SHIFT_MAX_BITS} from "../../../codecs/quorum/ir.js";
import type {Draft} from "./draft.js";
import {refuseSource} from "./draft.js";
import {Expansion} from "./expansion.js";
import type {MacroCall} from "./macros.js";
import {FRACTION_BITS, numberOf} from "./statements.js";

/**
 * `matvec y = ROWS COLUMNS m ... x ... [BITS]`: the matrix row by row, then the vector; the wires y[0], y[1], ..., one
 * for each row, shifted once.
 * @throws DecodeError SOURCE_INVALID
 */
export function expandMatvec(draft: Draft, {line, name, args}: MacroCall): void {
  const [first = "", second = "", ...operands] = args;
  if (args.length < 2) refuseSource(line, "incomplete statement");
  const rows = numberOf(line, first, {what: "rows", max: IR_MAX_NODES});
  const columns = numberOf(line, second, {what: "columns", max: IR_MAX_NODES});
  const count = (rows + 1) * columns;
  if (operands.length !== count && operands.length !== count + 1)
    refuseSource(line, `matvec of ${rows} rows and ${columns} columns requires ${count} operands`);
  const elements = Array.from({length: rows}, (_, row) => `${name}[${row}]`);
  for (const element of elements) draft.checkNew(line, element);
  const named = operands.slice(0, count);
  draft.checkDefined(line, named);
  const literal = operands[count];
  const bits = literal === undefined ? FRACTION_BITS : numberOf(line, literal, {what: "bits", max: SHIFT_MAX_BITS});
  const to = new Expansion(draft, line, "matvec", name);
  const vector = named.slice(rows * columns);
  // All products first: they need one another's results nowhere.
  const products = elements.map((_, row) =>
    vector.map((x, column) => to.wire("mul", named[row * columns + column]!, x)),
  );
  for (const [row, element] of elements.entries())
    to.endShifted(
      products[row]!.reduce((sum, product) => to.wire("add", sum, product)),
      bits,
      element,
    );
}
