/** One evaluation under way at one custodian: its executor, and the masked shares that its peers sent. */
import {RuleError, UnavailableError} from "../../../errors.js";
import {add, mul, reduce} from "../field/field.js";
import type {Outputs} from "../program/evaluate.js";
import type {Masked} from "../sharing/beaver.js";
import {lagrangeWeights} from "../sharing/shamir.js";
import type {PendingProduct, StepExecutor} from "./step-executor.js";

/** What a custodian has to say: products whose operands wait to be opened, or its shares of the outputs. */
export type Progress =
  | {readonly status: "pending"; readonly products: readonly PendingProduct[]}
  | {readonly status: "done"; readonly outputs: Outputs};

/** Masked shares of one custodian. */
export interface PeerShares {
  /** x of the sender. */
  readonly from: bigint;
  readonly shares: readonly PendingProduct[];
}

export class Evaluation {
  /** Masked shares by node and x, this custodian's own first. Kept in order of arrival. */
  readonly #held = new Map<string, Map<bigint, Masked>>();

  constructor(
    readonly programId: string,
    /** When it began, for forgetting what was abandoned. */
    readonly startedMs: number,
    private readonly executor: StepExecutor,
    /** x of this custodian. */
    private readonly x: bigint,
    /** Shares that open a value. */
    private readonly threshold: number,
  ) {}

  /** Goes on to the next products or to the end. */
  advance(): Progress {
    this.#held.clear();
    const products = this.executor.step();
    if (products.length === 0) return {status: "done", outputs: this.executor.outputs()};
    for (const {node, masked} of products) this.#held.set(node, new Map([[this.x, masked]]));
    return {status: "pending", products};
  }

  /**
   * Takes a peer's masked shares, all or none.
   * @throws RuleError PEER_SHARE_REPEATED, PEER_SHARE_INVALID (defect D17)
   */
  receive({from, shares}: PeerShares): void {
    if (from <= 0n || reduce(from) !== from)
      throw new RuleError("PEER_SHARE_INVALID", `custodian ${from} does not exist`);
    for (const {node} of shares) {
      const held = this.#held.get(node);
      if (!held) throw new RuleError("PEER_SHARE_INVALID", `node ${node} waits for no shares`);
      if (held.has(from)) throw new RuleError("PEER_SHARE_REPEATED", `custodian ${from} sent node ${node} before`);
    }
    for (const {node, masked} of shares)
      this.#held.get(node)!.set(from, {epsilon: reduce(masked.epsilon), delta: reduce(masked.delta)});
  }

  /**
   * Opens the operands of `nodes` from the first shares held and goes on once all waiting products are resolved.
   * @throws UnavailableError PEER_SHARES_MISSING; RuleError PRODUCT_NOT_PENDING
   */
  resolveHeld(nodes: readonly string[]): Progress {
    const opened = nodes.map((node) => [node, this.#open(node)] as const);
    for (const [node, masked] of opened) this.executor.resolve(node, masked);
    return this.#goOn();
  }

  /** Takes opened operands from whoever orchestrates; it will add epsilon times delta itself. */
  resolveGiven(resolutions: ReadonlyMap<string, Masked>): Progress {
    for (const node of resolutions.keys()) this.#waiting(node);
    for (const [node, masked] of resolutions) this.executor.resolve(node, masked, "coordinator");
    return this.#goOn();
  }

  #goOn(): Progress {
    const {pending} = this.executor;
    if (pending.length === 0) return this.advance();
    throw new RuleError("PRODUCT_UNRESOLVED", `node ${pending[0]} still waits`, {hint: "resolve a batch as a whole"});
  }

  #waiting(node: string): ReadonlyMap<bigint, Masked> {
    const held = this.#held.get(node);
    if (!held) throw new RuleError("PRODUCT_NOT_PENDING", `node ${node} waits for nothing`);
    return held;
  }

  #open(node: string): Masked {
    const held = this.#waiting(node);
    if (held.size < this.threshold)
      throw new UnavailableError(
        "PEER_SHARES_MISSING",
        `Not enough P2P shares for node ${node}: ${held.size} < ${this.threshold}`,
      );
    const used = [...held].slice(0, this.threshold);
    const weights = lagrangeWeights(
      used.map(([x]) => x),
      0n,
    );
    const at = (part: (masked: Masked) => bigint): bigint =>
      used.reduce((sum, [, masked], place) => add(sum, mul(part(masked), weights[place]!)), 0n);
    return {epsilon: at(({epsilon}) => epsilon), delta: at(({delta}) => delta)};
  }
}
