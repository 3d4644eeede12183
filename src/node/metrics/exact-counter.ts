/** Counters of dust. Totals are kept as integers and rounded once, when they are shown: a sum of doubles drifts. */
import {Counter, type Registry} from "prom-client";

export interface ExactCounterSpec {
  readonly name: string;
  readonly help: string;
  /** Name of the one label, when there is one. */
  readonly label?: string;
  /** Label values that are shown from the start, so that a first event is seen as an increase. */
  readonly values?: readonly string[];
}

export class ExactCounter {
  readonly #totals = new Map<string, bigint>();

  constructor(registry: Registry, {name, help, label, values = []}: ExactCounterSpec) {
    const initial = label === undefined ? [""] : values;
    for (const value of initial) this.#totals.set(value, 0n);
    const totals = this.#totals;
    new Counter({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, total] of totals) this.inc(label === undefined ? {} : {[label]: value}, Number(total));
      },
    });
  }

  /** Adds to the total of one label value; the only total is that of the empty text when there is no label. */
  add(amount: bigint, value = ""): void {
    this.#totals.set(value, (this.#totals.get(value) ?? 0n) + amount);
  }
}
