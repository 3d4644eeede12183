/** One statement while it becomes nodes: the wires on the way get names made of its keyword and its own name. */
import type {OperationNode} from "../../../codecs/quorum/ir.js";
import type {Draft} from "./draft.js";

type Plain = Exclude<OperationNode["type"], "shr">;

export class Expansion {
  constructor(
    private readonly draft: Draft,
    private readonly line: number,
    private readonly keyword: string,
    /** What the statement defines. */
    private readonly name: string,
  ) {}

  /** The wire of an operation on the way. */
  wire(type: Plain, ...inputs: readonly string[]): string {
    return this.draft.add(this.line, {type, id: this.#generate(type), inputs});
  }

  /** The wire of a constant, one for all statements that need its value. */
  constant(value: bigint): string {
    const known = this.draft.constant(value);
    if (known !== undefined) return known;
    return this.draft.addConstant(this.line, {type: "const", id: this.#generate("const"), value});
  }

  shifted(input: string, bits: number): string {
    return this.draft.add(this.line, {type: "shr", id: this.#generate("shr"), inputs: [input], bits});
  }

  /** The operation that gives what the statement defines, or one of several such wires. */
  end(type: Plain, ...inputs: readonly string[]): void {
    this.draft.add(this.line, {type, id: this.name, inputs});
  }

  endShifted(input: string, bits: number, name = this.name): void {
    this.draft.add(this.line, {type: "shr", id: name, inputs: [input], bits});
  }

  #generate(role: string): string {
    return this.draft.generate(this.line, `${this.keyword}_${this.name}_${role}`);
  }
}
