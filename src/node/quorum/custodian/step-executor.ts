/**
 * One custodian's evaluation of a program on its shares. Linear nodes are local; at a product it stops and hands out
 * masked shares, and goes on when their opened values come back.
 *
 * Batches are the reference's, because they are seen on the wire: after a product, only products that follow at once
 * and whose operands are known join it.
 */
import {type Ir, isOperationNode, isProduct, type OperationNode} from "../../../codecs/quorum/ir.js";
import {InvariantError, RuleError} from "../../../errors.js";
import {add, neg, sub} from "../field/field.js";
import {checkArithmetic} from "../program/arithmetic.js";
import {type Given, leafOf, type Outputs} from "../program/evaluate.js";
import {type Masked, maskOperands, productShare, type TripleShare, uncorrectedProduct} from "../sharing/beaver.js";

/** A product that waits for its masked operands to be opened. */
export interface PendingProduct {
  readonly node: string;
  readonly masked: Masked;
}

/** Who adds epsilon times delta: every custodian, or afterwards whoever opens the result. */
export type Resolution = "peer" | "coordinator";

export class StepExecutor {
  readonly #wires = new Map<string, bigint>();
  readonly #pending = new Map<string, OperationNode>();
  #cursor = 0;

  /**
   * @param given this custodian's shares of inputs and secrets
   * @param triples this custodian's part of one fresh triple for each product
   * @throws RuleError OPERATION_UNSUPPORTED
   */
  constructor(
    readonly ir: Ir,
    private readonly given: Given,
    private readonly triples: ReadonlyMap<string, TripleShare>,
  ) {
    checkArithmetic(ir);
  }

  /** Whether every node has its value. */
  get done(): boolean {
    return this.#cursor === this.ir.nodes.length && this.#pending.size === 0;
  }

  /**
   * Evaluates up to the next products and returns them; none means done.
   * @throws RuleError INPUT_MISSING, SECRET_MISSING, TRIPLE_MISSING (defect D10: shares must never be multiplied locally)
   */
  step(): readonly PendingProduct[] {
    if (this.#pending.size > 0) throw new InvariantError("stepped before its products were resolved");
    const batch: PendingProduct[] = [];
    for (const {nodes} = this.ir; this.#cursor < nodes.length; this.#cursor++) {
      const node = nodes[this.#cursor]!;
      if (isProduct(node)) {
        if (node.inputs.some((name) => !this.#wires.has(name))) break;
        batch.push({node: node.id, masked: this.#mask(node)});
        this.#pending.set(node.id, node);
        continue;
      }
      if (batch.length > 0) break;
      this.#wires.set(node.id, isOperationNode(node) ? this.#linear(node) : leafOf(node, this.given));
    }
    return batch;
  }

  /** Takes the opened operands of a product that the last step returned. @throws RuleError PRODUCT_NOT_PENDING */
  resolve(name: string, opened: Masked, by: Resolution = "peer"): void {
    const node = this.#pending.get(name);
    if (!node) throw new RuleError("PRODUCT_NOT_PENDING", `node '${name}' waits for nothing`);
    const triple = this.#triple(name);
    const product = by === "peer" ? productShare(opened, triple) : uncorrectedProduct(opened, triple);
    this.#wires.set(name, node.type === "mux" ? add(product, this.wire(node.inputs[2]!)) : product);
    this.#pending.delete(name);
  }

  /** Names of the products that wait. */
  get pending(): readonly string[] {
    return [...this.#pending.keys()];
  }

  /** This custodian's shares of the outputs. Only when done. */
  outputs(): Outputs {
    if (!this.done) throw new InvariantError("asked for outputs before the end");
    return new Map(this.ir.outputs.map((name) => [name, this.wire(name)]));
  }

  #mask({id, type, inputs}: OperationNode): Masked {
    const [a = 0n, b = 0n, c = 0n] = inputs.map((name) => this.wire(name));
    // mux s a b = s(a - b) + b, one product
    return maskOperands(a, type === "mux" ? sub(b, c) : b, this.#triple(id));
  }

  #linear({type, inputs}: OperationNode): bigint {
    const [a = 0n, b = 0n] = inputs.map((name) => this.wire(name));
    if (type === "neg") return neg(a);
    return type === "add" ? add(a, b) : sub(a, b);
  }

  #triple(name: string): TripleShare {
    const triple = this.triples.get(name);
    if (!triple)
      throw new RuleError("TRIPLE_MISSING", `no triple for node '${name}'`, {hint: "replenish the pool of triples"});
    return triple;
  }

  /** This custodian's share of a wire that has been computed. */
  wire(name: string): bigint {
    return this.#wires.get(name)!;
  }
}
