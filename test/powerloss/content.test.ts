/** Pages that states share come to the bytes that the changes say, one after the other. */
import {readFileSync} from "node:fs";
import path from "node:path";
import fc from "fast-check";
import {expect, test} from "vitest";
import {scratchDirectory} from "../support/chain.js";
import {type Change, Content, SECTOR_BYTES} from "./content.js";
import type {Fate} from "./cuts.js";
import type {ContentOp} from "./trace.js";

const FILE_MAX = 20_000;
const base = {inode: 1n, path: "file"};
const data = fc
  .record({length: fc.constantFrom(1, 24, 512, 4_096, 8_192, 9_001), byte: fc.integer({min: 1, max: 255})})
  // As of a trace: a view into something larger, whose slices are views.
  .map(({length, byte}) => Buffer.concat([Buffer.alloc(8), Buffer.alloc(length, byte)]).subarray(8));
const offset = fc.oneof(fc.integer({min: 0, max: FILE_MAX}), fc.constantFrom(0, 32, 56, 4_096, 8_192));
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    op: fc.record({offset, data}).map((each): ContentOp => ({...base, kind: "write", ...each})),
    fate: fc.option(
      fc.oneof(
        fc.constant<Fate>("zeros"),
        fc.bigInt({min: 0n, max: 2n ** 20n}).map((sectors): Fate => ({sectors})),
      ),
      {nil: undefined},
    ),
  }),
  offset.map((at): Change => ({op: {...base, kind: "truncate", offset: at, data: new Uint8Array()}, fate: undefined})),
);

/** Byte by byte. */
function bytesAfter(bytes: readonly number[], {op, fate}: Change): number[] {
  if (op.kind === "truncate") return Array.from({length: op.offset}, (_, at) => bytes[at] ?? 0);
  const after = Array.from({length: Math.max(bytes.length, op.offset + op.data.length)}, (_, at) => bytes[at] ?? 0);
  for (const [i, byte] of op.data.entries()) {
    const at = op.offset + i;
    const sector = BigInt(Math.floor(at / SECTOR_BYTES) - Math.floor(op.offset / SECTOR_BYTES));
    const arrived = fate === undefined || (typeof fate === "object" && ((fate.sectors >> sector) & 1n) === 1n);
    if (arrived) after[at] = byte;
  }
  return after;
}

test("a file holds what its changes say, and what it was before stays", () => {
  const file = path.join(scratchDirectory(), "file");
  const written = (content: Content, over: Content | null = null): number[] => {
    content.write(file, over);
    return [...readFileSync(file)];
  };
  fc.assert(
    fc.property(fc.array(change, {maxLength: 6}), fc.array(change, {maxLength: 6}), (first, second) => {
      const before = Content.NONE.after(first);
      const bytes = first.reduce(bytesAfter, []);
      const {digest} = before;
      const after = before.after(second);
      expect(written(after)).toEqual(second.reduce(bytesAfter, bytes));
      expect(written(before, after)).toEqual(bytes);
      expect(written(after, before)).toEqual(second.reduce(bytesAfter, bytes));
      expect(written(before)).toEqual(bytes);
      expect(Content.NONE.after([...first, ...second]).digest).toBe(after.digest);
      expect(Content.NONE.after(first).digest).toBe(digest);
    }),
    {numRuns: 60},
  );
});
