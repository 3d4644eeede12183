import fc from "fast-check";
import {expect, test} from "vitest";
import {State} from "../../../../src/node/ledger/state/state.js";
import {type Account, accounts} from "../../../../src/node/ledger/state/stores.js";

const account = (balance: number): Account => ({balanceDust: BigInt(balance), nonce: 0n});

test("a fork sees its parent and keeps its own changes until it is merged", () => {
  const base = new State();
  const first = base.fork();
  first.put(accounts, "aa", account(1));
  first.merge();
  const fork = base.fork();
  fork.put(accounts, "aa", account(2));
  fork.put(accounts, "bb", account(3));
  expect(base.get(accounts, "aa")).toEqual(account(1));
  expect(base.has(accounts, "bb")).toBe(false);
  fork.merge();
  expect(base.get(accounts, "aa")).toEqual(account(2));
  expect(base.get(accounts, "bb")).toEqual(account(3));
});

test("removing what is not there changes nothing", () => {
  const fork = new State().fork();
  fork.remove(accounts, "aa");
  expect(fork.changes()).toEqual([]);
});

test("changes come in order of store and key, removals as null", () => {
  const base = new State();
  const seed = base.fork();
  seed.put(accounts, "c", account(1));
  seed.merge();
  const fork = base.fork();
  fork.put(accounts, "b", account(1));
  fork.remove(accounts, "c");
  fork.put(accounts, "a", account(1));
  expect(fork.changes().map(({key, value}) => [key, value === null])).toEqual([
    ["a", false],
    ["b", false],
    ["c", true],
  ]);
});

const step = fc.record({
  key: fc.constantFrom("a", "b", "c", "d", "e", "f"),
  value: fc.option(fc.nat(9), {nil: null}),
  next: fc.constantFrom("stay", "fork", "merge", "drop"),
});

test("forks, merges and ordered walks agree with a plain map at every step", () => {
  fc.assert(
    fc.property(fc.array(step, {maxLength: 40}), (steps) => {
      const states = [new State().fork()];
      const models = [new Map<string, number>()];
      for (const {key, value, next} of steps) {
        const state = states.at(-1)!;
        const model = models.at(-1)!;
        if (value === null) {
          state.remove(accounts, key);
          model.delete(key);
        } else {
          state.put(accounts, key, account(value));
          model.set(key, value);
        }
        if (next === "fork") {
          states.push(state.fork());
          models.push(new Map(model));
        } else if (next !== "stay" && states.length > 1) {
          states.pop();
          const dropped = models.pop()!;
          if (next === "merge") {
            state.merge();
            models[models.length - 1] = dropped;
          }
        }
        const now = states.at(-1)!;
        const expected = [...models.at(-1)!.keys()].sort();
        expect([...now.keys(accounts)]).toEqual(expected);
        expect([...now.keys(accounts, "c")]).toEqual(expected.filter((each) => each > "c"));
        for (const [each, n] of models.at(-1)!) expect(now.get(accounts, each)).toEqual(account(n));
      }
    }),
  );
});

test("an ordered walk over the base follows every merge", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.boolean()), {maxLength: 20}), (moves) => {
      const base = new State();
      const model = new Set<string>();
      for (const [key, present] of moves) {
        const fork = base.fork();
        if (present) fork.put(accounts, key, account(1));
        else fork.remove(accounts, key);
        fork.merge();
        present ? model.add(key) : model.delete(key);
        expect([...base.keys(accounts)]).toEqual([...model].sort());
      }
    }),
  );
});

test("a merged fork reads as its parent, and its own forks go on from there", () => {
  const base = new State();
  let newest = base;
  // As blocks become final: each on the one before, two of them above the committed state.
  const pending: State[] = [];
  for (let i = 0; i < 6; i++) {
    newest = newest.fork();
    newest.put(accounts, "sum", account(i));
    newest.put(accounts, `own ${i}`, account(i));
    if (i > 0) newest.remove(accounts, `own ${i - 1}`);
    pending.push(newest);
    if (pending.length > 2) pending.shift()!.merge();
  }
  expect(base.get(accounts, "sum")).toEqual(account(3));
  expect([...base.keys(accounts)]).toEqual(["own 3", "sum"]);
  expect([...newest.keys(accounts)]).toEqual(["own 5", "sum"]);
  for (const each of pending) each.merge();
  expect([...base.keys(accounts)]).toEqual(["own 5", "sum"]);
  expect(newest.get(accounts, "sum")).toEqual(account(5));
});

test("what is attempted stays when it is kept, and leaves nothing when it is refused or throws", () => {
  type End = "kept" | "refused" | "thrown";
  type Work = readonly (
    | {readonly key: string; readonly value: number | null}
    | {readonly end: End; readonly work: Work}
  )[];
  const {work} = fc.letrec<{work: Work}>((tie) => ({
    work: fc.array(
      fc.oneof(
        {
          weight: 3,
          arbitrary: fc.record({key: fc.constantFrom("a", "b", "c"), value: fc.option(fc.nat(9), {nil: null})}),
        },
        {
          weight: 1,
          arbitrary: fc.record({end: fc.constantFrom<End>("kept", "refused", "thrown"), work: tie("work")}),
        },
      ),
      {maxLength: 6},
    ),
  }));
  const thrown = new Error("thrown");
  const play = (state: State, model: Map<string, number>, steps: Work): Map<string, number> => {
    let now = new Map(model);
    for (const step of steps) {
      if ("key" in step) {
        if (step.value === null) {
          state.remove(accounts, step.key);
          now.delete(step.key);
        } else {
          state.put(accounts, step.key, account(step.value));
          now.set(step.key, step.value);
        }
        continue;
      }
      let after = now;
      const attempted = (): End =>
        state.attempt(
          () => {
            after = play(state, now, step.work);
            if (step.end === "thrown") throw thrown;
            return step.end;
          },
          (end) => end === "kept",
        );
      if (step.end === "thrown") expect(attempted).toThrow(thrown);
      else expect(attempted()).toBe(step.end);
      if (step.end === "kept") now = after;
    }
    for (const key of ["a", "b", "c"]) expect(state.get(accounts, key)?.balanceDust).toBe(big(now.get(key)));
    return now;
  };
  const big = (value: number | undefined): bigint | undefined => (value === undefined ? undefined : BigInt(value));
  fc.assert(
    fc.property(work, (steps) => {
      const base = new State();
      const seed = base.fork();
      seed.put(accounts, "a", account(1));
      seed.merge();
      const fork = base.fork();
      const end = play(fork, new Map([["a", 1]]), steps);
      expect([...fork.keys(accounts)]).toEqual([...end.keys()].sort());
      expect(base.get(accounts, "a")).toEqual(account(1));
    }),
  );
});
