/** What happened in a run, line by line: a digest of every line, and the lines themselves when somebody reads them. */
import {createHash} from "node:crypto";

export class Trace {
  readonly #hash = createHash("sha256");
  #count = 0;

  /** @param print takes each line of a run that is replayed to be read */
  constructor(private readonly print: ((line: string) => void) | null = null) {}

  /** One event at a simulated time: who, what, and about what. */
  note(atMs: number, node: number | null, what: string): void {
    const line = `${atMs.toFixed(0).padStart(8)} ${node === null ? "  " : `n${node}`} ${what}`;
    this.#hash.update(line).update("\n");
    this.#count++;
    this.print?.(line);
  }

  get events(): number {
    return this.#count;
  }

  /** Hex digest over all lines so far. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}
