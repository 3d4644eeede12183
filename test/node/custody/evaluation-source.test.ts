import {expect, test} from "vitest";
import {type EvaluationMasks, EvaluationSource} from "../../../src/node/custody/evaluation-source.js";

const WIRES = 2;
/** Requests of masks wait until they are let through; a result is what was given, with the masks that it had. */
function source(atOnce: number, refused: (given: readonly number[]) => Error | null = () => null) {
  const asked: number[] = [];
  const tickets: number[][] = [];
  const answers: (() => void)[] = [];
  let next = 100n;
  const evaluations = new EvaluationSource<number, {given: number; masks: readonly bigint[]}>({
    wires: WIRES,
    atOnce,
    masks(count) {
      asked.push(count);
      const first = next;
      next += BigInt(WIRES * count);
      const values = Array.from({length: WIRES * count}, (_, at) => first + BigInt(at));
      const given: EvaluationMasks = {request: new Uint8Array(), epoch: 1n, first, values, wrong: []};
      return new Promise((resolve, reject) => {
        answers.push(() => (count === 3 ? reject(new Error("no masks")) : resolve(given)));
      });
    },
    async evaluate(given, {first, values}) {
      expect(values).toEqual(Array.from({length: WIRES * given.length}, (_, at) => first + BigInt(at)));
      tickets.push([...given]);
      const error = refused(given);
      if (error) throw error;
      return given.map((each, at) => ({given: each, masks: values.slice(WIRES * at, WIRES * (at + 1))}));
    },
    isForFewer: (error) => (error as Error).message === "too many",
  });
  return {evaluations, asked, tickets, answers};
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("those of one turn have one request and one ticket, each masks of its own; who comes meanwhile is in the next", async () => {
  const {evaluations, asked, tickets, answers} = source(4);
  const results = [0, 1, 2, 3, 4, 5].map((each) => evaluations.evaluate(each));
  await turn();
  expect(asked).toEqual([4]);
  answers.shift()!();
  await turn();
  expect(asked).toEqual([4, 2]);
  results.push(evaluations.evaluate(6));
  answers.shift()!();
  await turn();
  answers.shift()!();
  const first = (given: number): bigint => 100n + BigInt(WIRES * given);
  expect(await Promise.all(results)).toEqual(
    [0, 1, 2, 3, 4, 5, 6].map((given) => ({given, masks: [first(given), first(given) + 1n]})),
  );
  expect(tickets).toEqual([[0, 1, 2, 3], [4, 5], [6]]);
});

test("a refusal is all theirs who asked together, and nobody else's", async () => {
  const {evaluations, answers} = source(3);
  const refused = [0, 1, 2].map((each) => evaluations.evaluate(each));
  const later = evaluations.evaluate(3);
  await turn();
  answers.shift()!();
  for (const each of refused) await expect(each).rejects.toThrow("no masks");
  await turn();
  answers.shift()!();
  expect((await later).masks).toEqual([106n, 107n]);
});

test("what is too much for one ticket is asked for one by one, with the masks that are there", async () => {
  const refused = (given: readonly number[]) =>
    given.length > 1 ? new Error("too many") : given[0] === 1 ? new Error("none left") : null;
  const {evaluations, asked, tickets, answers} = source(2, refused);
  const results = [0, 1].map((each) => evaluations.evaluate(each));
  await turn();
  answers.shift()!();
  expect(await results[0]).toEqual({given: 0, masks: [100n, 101n]});
  await expect(results[1]).rejects.toThrow("none left");
  expect([asked, tickets]).toEqual([[2], [[0, 1], [0], [1]]]);
});

test("one that is refused alone is not asked for again", async () => {
  const {evaluations, tickets, answers} = source(2, () => new Error("too many"));
  const result = evaluations.evaluate(7);
  await turn();
  answers.shift()!();
  await expect(result).rejects.toThrow("too many");
  expect(tickets).toEqual([[7]]);
});
