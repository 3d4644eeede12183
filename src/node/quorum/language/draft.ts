/** A program while it is compiled: nodes so far, names in use, outputs so far. */
import {IR_MAX_NODES, type Ir, type Node, WIRE_NAME_MAX} from "../../../codecs/quorum/ir.js";
import {DecodeError} from "../../../errors.js";

/** Refuses source text; `line` is `null` for faults of the whole. @throws DecodeError SOURCE_INVALID */
export function refuseSource(line: number | null, why: string): never {
  throw new DecodeError("SOURCE_INVALID", line === null ? why : `Line ${line}: ${why}`, {
    details: line === null ? {} : {line},
  });
}

export class Draft {
  readonly #nodes: Node[] = [];
  readonly #names = new Set<string>();
  readonly #outputs: string[] = [];
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

  /** Appends a node whose name was checked. @throws DecodeError SOURCE_INVALID above the most nodes */
  add(line: number, node: Node): string {
    if (this.#nodes.length >= IR_MAX_NODES) refuseSource(line, `more than ${IR_MAX_NODES} nodes`);
    this.#names.add(node.id);
    this.#nodes.push(node);
    return node.id;
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
    if (this.#outputs.includes(name)) refuseSource(line, `duplicate output '${name}'`);
    this.#outputs.push(name);
  }

  /** @throws DecodeError SOURCE_INVALID without an output */
  finish(): Ir {
    if (this.#outputs.length === 0) refuseSource(null, "No output statement found");
    return {nodes: this.#nodes, outputs: this.#outputs};
  }
}
