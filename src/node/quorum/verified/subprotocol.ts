/**
 * Parts of an evaluation that run beside each other: what all of them ask for at one time goes in one message, so the rounds of
 * an evaluation are those of its longest chain.
 */
import {countOf, slice, type Vector} from "../field/vector.js";
import {type Authenticated, joinAll, sliceOf} from "./authenticated.js";

/** What a part waits for. */
export interface Ask {
  /** To be seen by everybody. Nobody has checked its MACs when the answer comes. */
  readonly open: Authenticated;
  /** To be multiplied pair by pair. */
  readonly x: Authenticated;
  readonly y: Authenticated;
}

export interface Answer {
  readonly opened: Vector;
  readonly products: Authenticated;
}

export type Subprotocol<T> = Generator<Ask, T, Answer>;

const NONE: Authenticated = {shares: new Uint8Array(), macs: new Uint8Array()};

/** Opens values. */
export function* opening(open: Authenticated): Subprotocol<Vector> {
  return (yield {open, x: NONE, y: NONE}).opened;
}

/** Multiplies pair by pair. */
export function* multiplying(x: Authenticated, y: Authenticated): Subprotocol<Authenticated> {
  return (yield {open: NONE, x, y}).products;
}

interface Waiting {
  readonly ask: Ask;
  resume(answer: Answer): void;
}

/** Parts that wait for an answer. */
export class SideBySide {
  #waiting: Waiting[] = [];

  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** @param done gets what comes out, perhaps at once */
  start<T>(part: Subprotocol<T>, done: (value: T) => void): void {
    const advance = (step: IteratorResult<Ask, T>): void => {
      if (step.done) return done(step.value);
      this.#waiting.push({ask: step.value, resume: (answer) => advance(part.next(answer))});
    };
    advance(part.next());
  }

  /** What all wait for. */
  get ask(): Ask {
    const asks = this.#waiting.map(({ask}) => ask);
    if (asks.length === 1) return asks[0]!;
    const all = (pick: (ask: Ask) => Authenticated): Authenticated => joinAll(asks.map(pick));
    return {open: all(({open}) => open), x: all(({x}) => x), y: all(({y}) => y)};
  }

  answer({opened, products}: Answer): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let [seen, multiplied] = [0, 0];
    for (const {ask, resume} of waiting) {
      const [opens, multiplies] = [countOf(ask.open.shares), countOf(ask.x.shares)];
      resume({
        opened: slice(opened, seen, seen + opens),
        products: sliceOf(products, multiplied, multiplied + multiplies),
      });
      seen += opens;
      multiplied += multiplies;
    }
  }
}

/** Several parts as one. */
export function* sideBySide<T>(parts: readonly Subprotocol<T>[]): Subprotocol<T[]> {
  const results: T[] = [];
  const running = new SideBySide();
  for (const [at, part] of parts.entries())
    running.start(part, (value) => {
      results[at] = value;
    });
  while (running.isBusy) running.answer(yield running.ask);
  return results;
}
