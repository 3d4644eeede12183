/** A program while it is compiled: nodes so far, names in use, outputs so far. */
import {type ConstNode, IR_MAX_NODES, type Ir, type Node, WIRE_NAME_MAX} from "../../../codecs/quorum/ir.js";
import {PACKAGE_MAX_BYTES} from "../../../codecs/quorum/program-package.js";
import {DecodeError} from "../../../errors.js";

/** Refuses source text; `line` is `null` for faults of the whole. @throws DecodeError SOURCE_INVALID */
export function refuseSource(line: number | null, why: string): never {
  throw new DecodeError("SOURCE_INVALID", line === null ? why : `Line ${line}: ${why}`, {
    details: line === null ? {} : {line},
  });
}

/** Whether a name is one that macros give. */
export const isGenerated = (name: string): boolean => /^__.+_[0-9]+$/.test(name);

export class Draft {
  readonly #nodes: Node[] = [];
  /** Characters of all names, wherever one stands. */
  #chars = 0;
  readonly #names = new Set<string>();
  readonly #outputs = new Set<string>();
  /** Constants that statements share, by value. */
  readonly #constants = new Map<bigint, string>();
  /** Counts generated wires over the whole program. */
  #generated = 0;

  /** Refuses a name in use. @throws DecodeError SOURCE_INVALID */
  checkNew(line: number, name: string): void {
    if (this.#names.has(name)) refuseSource(line, `duplicate identifier '${name}'`);
    if (name.length > WIRE_NAME_MAX) refuseSource(line, `identifier of more than ${WIRE_NAME_MAX} characters`);
  }

  /** Refuses the first name that nothing defines. @throws DecodeError SOURCE_INVALID */
  checkDefined(line: number, names: readonly string[]): void {
    for (const name of names) if (!this.#names.has(name)) refuseSource(line, `undefined identifier '${name}'`);
  }

  /** Appends a node whose name was checked. @throws DecodeError SOURCE_INVALID above the most nodes, or names */
  add(line: number, node: Node): string {
    if (this.#nodes.length >= IR_MAX_NODES) refuseSource(line, `more than ${IR_MAX_NODES} nodes`);
    this.#chars +=
      "inputs" in node ? node.inputs.reduce((sum, name) => sum + name.length, node.id.length) : node.id.length;
    // Macros make long names of one: a short source could have more of them than memory has room for.
    if (this.#chars > PACKAGE_MAX_BYTES)
      refuseSource(line, `names of more than ${PACKAGE_MAX_BYTES} characters in all: no package has room for them`);
    this.#names.add(node.id);
    this.#nodes.push(node);
    return node.id;
  }

  /** The constant of that value that a macro made before. */
  constant(value: bigint): string | undefined {
    return this.#constants.get(value);
  }

  /** Appends a constant for this macro and those after it. @throws DecodeError SOURCE_INVALID above the most nodes */
  addConstant(line: number, node: ConstNode): string {
    this.#constants.set(node.value, node.id);
    return this.add(line, node);
  }

  /**
   * A name for a wire that a macro makes.
   * @throws DecodeError SOURCE_INVALID when the program uses it already (defect D23)
   */
  generate(line: number, prefix: string): string {
    const name = `__${prefix}_${++this.#generated}`;
    this.checkNew(line, name);
    return name;
  }

  /** @throws DecodeError SOURCE_INVALID */
  addOutput(line: number, name: string): void {
    this.checkDefined(line, [name]);
    if (this.#outputs.has(name)) refuseSource(line, `duplicate output '${name}'`);
    this.#outputs.add(name);
  }

  /** @throws DecodeError SOURCE_INVALID without an output */
  finish(): Ir {
    if (this.#outputs.size === 0) refuseSource(null, "No output statement found");
    return {nodes: this.#nodes, outputs: [...this.#outputs]};
  }
}
