import fc from "fast-check";
import {expect, test} from "vitest";
import {SupplyHistory} from "../../src/node/supply-history.js";

const books = (burnedDust: bigint) => ({
  ...{capDust: 0n, genesisDust: 0n, minedDust: 0n, unissuedDust: 0n},
  ...{burnedDust, balancesDust: 0n, bondsDust: 0n},
});

test("a history is bounded, evenly spaced, true, and ends with the newest block", () => {
  const start = fc.bigInt({min: 0n, max: 10_000n});
  fc.assert(
    fc.property(start, fc.integer({min: 1, max: 300}), fc.integer({min: 2, max: 20}), (first, blocks, most) => {
      const history = new SupplyHistory(most);
      for (let i = 0n; i < blocks; i++) history.note(first + i, books(3n * (first + i)));
      const {points, everyBlocks} = history;
      expect(points.length).toBeLessThanOrEqual(most + 1);
      expect(points.at(-1)!.height).toBe(first + BigInt(blocks) - 1n);
      for (const {height, burnedDust} of points) expect(burnedDust).toBe(3n * height);
      const inner = points.slice(0, -1);
      expect(inner.every(({height}, i) => i === 0 || height - inner[i - 1]!.height === everyBlocks)).toBe(true);
      // Not thinner than it has to be.
      if (everyBlocks > 1n) expect(points.length * 2).toBeGreaterThanOrEqual(most);
    }),
  );
  expect(new SupplyHistory().points).toEqual([]);
});
