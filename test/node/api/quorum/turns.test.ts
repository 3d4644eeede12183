import {expect, test} from "vitest";
import {Turns} from "../../../../src/node/api/quorum/turns.js";

/** Work that notes its begin, and ends when it is told to. */
function work(log: string[], name: string) {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    end,
    run: async () => {
      log.push(name);
      await ended;
      log.push(`${name} done`);
    },
  };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("evaluations run together, a resharing waits for them, and later ones wait for it", async () => {
  const turns = new Turns();
  const log: string[] = [];
  const [a, b, c, d] = ["a", "b", "C", "d"].map((name) => work(log, name)) as [Work, Work, Work, Work];
  const all = [
    turns.together("p", a.run),
    turns.together("p", b.run),
    turns.alone("p", c.run),
    turns.together("p", d.run),
  ];
  await settle();
  expect(log).toEqual(["a", "b"]);
  a.end();
  await settle();
  expect(log).toEqual(["a", "b", "a done"]);
  b.end();
  await settle();
  expect(log.slice(3)).toEqual(["b done", "C"]);
  c.end();
  await settle();
  expect(log.slice(5)).toEqual(["C done", "d"]);
  d.end();
  await Promise.all(all);
});
type Work = ReturnType<typeof work>;

test("programs do not wait for each other, and a failure ends only its own turn", async () => {
  const turns = new Turns();
  const log: string[] = [];
  const held = work(log, "held");
  const first = turns.alone("p", held.run);
  await turns.alone("q", async () => void log.push("q"));
  expect(log).toEqual(["held", "q"]);
  held.end();
  await first;
  await expect(turns.alone("p", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await turns.together("p", async () => "yes")).toBe("yes");
});
