/**
 * One evaluation as its coordinator orchestrates it: which calls to make next, given what came back. Pure: whoever
 * drives it makes the calls.
 */
import {
  type MaskedProduct,
  type OutputShares,
  peerSharesBody,
  readOutputs,
  readPending,
} from "../../../codecs/quorum/custodian-bodies.js";
import {members, type Value} from "../../../codecs/quorum/json.js";
import {UnavailableError} from "../../../errors.js";
import type {Outputs} from "../program/evaluate.js";
import {areConsistent, reconstruct, type Share} from "../sharing/shamir.js";
import type {Holder} from "./store.js";

/** Where an evaluation with products begins at a custodian. */
export const BEGIN_PATH = "/eval_beaver";

/** One request to a custodian. */
export interface Call {
  readonly holder: Holder;
  readonly path: string;
  readonly body: Value;
}
/** What came back: the body of a 200, or `null` for anything else. */
export type Reply = Value | null;

export interface RunPlan {
  readonly programId: string;
  readonly requestId: string;
  readonly outputs: readonly string[];
  /** Products of the program; none means that no exchange is needed. */
  readonly products: number;
  readonly threshold: number;
  /** Number of the triple that everybody uses, `null` where none is needed. */
  readonly triple: number | null;
  readonly inputs: ReadonlyMap<string, readonly Share[]>;
  readonly holders: readonly Holder[];
}

type Phase = "begin" | "share" | "resolve" | "end";

export class EvaluationRun {
  #phase: Phase = "begin";
  readonly #waiting = new Map<Holder, readonly MaskedProduct[]>();
  readonly #done = new Map<Holder, OutputShares>();
  #rounds = 0;

  constructor(private readonly plan: RunPlan) {}

  /** Calls to make now; none means that the end is reached. Those to one custodian are made in order. */
  calls(): readonly Call[] {
    switch (this.#phase) {
      case "begin":
        return this.plan.holders.map((holder, at) => this.#beginCall(holder, at));
      case "share":
        return [...this.#waiting.keys()].flatMap((to) =>
          [...this.#waiting]
            .filter(([from]) => from !== to)
            .map(([from, products]) => ({
              holder: to,
              path: "/beaver_shares",
              body: peerSharesBody(this.plan.requestId, from.x, products),
            })),
        );
      case "resolve":
        return [...this.#waiting].map(([holder, products]) => ({
          holder,
          path: "/beaver_resolve_p2p",
          body: members({
            program_id: this.plan.programId,
            request_id: this.plan.requestId,
            mul_node_ids: products.map(({node}) => node),
          }),
        }));
      case "end":
        return [];
    }
  }

  /**
   * Takes the replies to the last calls, in their order. A custodian that failed is out at once (defect D15).
   * @throws UnavailableError CUSTODIANS_MISSING
   */
  take(calls: readonly Call[], replies: readonly Reply[]): void {
    if (this.#phase === "share") {
      for (const [at, {holder}] of calls.entries()) if (replies[at] === null) this.#waiting.delete(holder);
      this.#phase = "resolve";
    } else {
      for (const [at, {holder}] of calls.entries()) this.#sort(holder, replies[at]!);
      this.#phase = this.#waiting.size > 0 ? "share" : "end";
    }
    const live = this.#waiting.size + this.#done.size;
    const {threshold, products} = this.plan;
    if (live < threshold) throw this.#missing(live, this.#rounds === 0 ? "responded" : "completed");
    // A program of m products needs no more than m rounds, so a custodian that asks for more is broken.
    if (this.#phase === "share" && this.#rounds++ > 2 * products) throw this.#missing(this.#done.size, "completed");
  }

  /**
   * The results, when the end is reached: from the first shares, and held against all others.
   * @throws UnavailableError CUSTODIANS_MISSING, CUSTODIANS_DISAGREE
   */
  results(): Outputs {
    const {threshold, outputs} = this.plan;
    if (this.#done.size < threshold) throw this.#missing(this.#done.size, "completed");
    return new Map(
      outputs.map((name) => {
        const points = [...this.#done].map(([{x}, shares]) => ({x, y: shares.outputs.get(name)!}));
        if (!areConsistent(points, threshold))
          throw new UnavailableError("CUSTODIANS_DISAGREE", `Custodians disagree about output ${name}`, {
            hint: "one of them computes on other triples, another program or in bad faith",
          });
        return [name, reconstruct(points.slice(0, threshold))];
      }),
    );
  }

  #beginCall(holder: Holder, at: number): Call {
    const {programId, requestId, inputs, triple, products} = this.plan;
    const shares = [...inputs].map(([name, all]) => {
      const {x, y} = all[at]!;
      return [name, members({x, y: `${y}`})] as const;
    });
    const body = members({program_id: programId, request_id: requestId, input_shares: new Map(shares)});
    if (products === 0) return {holder, path: "/eval_share", body};
    return {holder, path: BEGIN_PATH, body: new Map([...body, ["triple_index", BigInt(triple!)]])};
  }

  #sort(holder: Holder, reply: Reply): void {
    this.#waiting.delete(holder);
    if (reply === null) return;
    const products = readPending(reply);
    if (products !== null) {
      this.#waiting.set(holder, products);
      return;
    }
    const shares = readOutputs(reply, this.plan.outputs);
    if (shares !== null && shares.x === holder.x) this.#done.set(holder, shares);
  }

  #missing(live: number, what: "responded" | "completed"): UnavailableError {
    return new UnavailableError("CUSTODIANS_MISSING", `Only ${live}/${this.plan.threshold} custodians ${what}`);
  }
}
