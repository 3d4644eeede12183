import {expect, test} from "vitest";
import {type EvaluationMasks, MaskSource} from "../../../src/node/custody/mask-source.js";

/** Two masks for each evaluation, numbered on; what is asked for waits until it is let through. */
function source(atOnce: number) {
  const asked: number[] = [];
  const answers: (() => void)[] = [];
  let next = 100n;
  const masks = new MaskSource(2, atOnce, (evaluations) => {
    asked.push(evaluations);
    const first = next;
    next += BigInt(2 * evaluations);
    const values = Array.from({length: 2 * evaluations}, (_, at) => first + BigInt(at));
    const given: EvaluationMasks = {request: new Uint8Array(), epoch: 1n, first, values, wrong: []};
    return new Promise((resolve, reject) => {
      answers.push(() => (evaluations === 3 ? reject(new Error("refused")) : resolve(given)));
    });
  });
  return {masks, asked, answers};
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("evaluations of one turn ask together, each for masks of its own, and who comes meanwhile waits for the next", async () => {
  const {masks, asked, answers} = source(4);
  const taken = Array.from({length: 6}, () => masks.take());
  await turn();
  expect(asked).toEqual([4]);
  answers.shift()!();
  await turn();
  expect(asked).toEqual([4, 2]);
  const late = masks.take();
  answers.shift()!();
  await turn();
  answers.shift()!();
  const given = await Promise.all([...taken, late]);
  expect(asked).toEqual([4, 2, 1]);
  expect(given.map(({first}) => first)).toEqual([100n, 102n, 104n, 106n, 108n, 110n, 112n]);
  for (const {first, values} of given) expect(values).toEqual([first, first + 1n]);
});

test("a refusal is all theirs who asked together, and nobody else's", async () => {
  const {masks, answers} = source(3);
  const refused = Array.from({length: 3}, () => masks.take());
  const later = masks.take();
  await turn();
  answers.shift()!();
  for (const each of refused) await expect(each).rejects.toThrow("refused");
  await turn();
  answers.shift()!();
  expect((await later).first).toBe(106n);
});
