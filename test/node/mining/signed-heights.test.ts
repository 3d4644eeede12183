import {mkdtempSync, readdirSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {afterAll, expect, test} from "vitest";
import {SignedHeights} from "../../../src/node/mining/signed-heights.js";

const scratch = mkdtempSync(path.join(tmpdir(), "qsdm-signed-"));
afterAll(() => rmSync(scratch, {recursive: true}));

test("a height can be claimed once, also by another process that shares the directory", async () => {
  const directory = path.join(scratch, "rig.signed");
  const first = new SignedHeights(directory, "chain-a");
  expect(await first.claim(7n)).toBe(true);
  expect(await first.claim(7n)).toBe(false);
  expect(await new SignedHeights(directory, "chain-a").claim(7n)).toBe(false);
  expect(await first.claim(8n)).toBe(true);
});

test("one of many claims at the same moment wins", async () => {
  const heights = new SignedHeights(path.join(scratch, "race"), "chain-a");
  const claims = await Promise.all(Array.from({length: 20}, () => heights.claim(1n)));
  expect(claims.filter(Boolean)).toHaveLength(1);
});

test("chains do not share heights", async () => {
  const directory = path.join(scratch, "two-chains");
  expect(await new SignedHeights(directory, "chain-a").claim(7n)).toBe(true);
  expect(await new SignedHeights(directory, "chain-b").claim(7n)).toBe(true);
});

test("old marks are dropped, the newest stay", async () => {
  const directory = path.join(scratch, "many");
  const heights = new SignedHeights(directory, "chain-a");
  for (let height = 0n; height < 300n; height++) await heights.claim(height);
  expect(readdirSync(directory)).toHaveLength(256);
  expect(await heights.claim(299n)).toBe(false);
});

test("the marks of a chain whose name begins with another's stay", async () => {
  const directory = path.join(scratch, "longer-name");
  const names = ["chain-a-test", "chain-a-00000000000000000001", "chain-a.b"];
  const others = names.map((name) => new SignedHeights(directory, name));
  for (const other of others) expect(await other.claim(7n)).toBe(true);
  const heights = new SignedHeights(directory, "chain-a");
  for (let height = 0n; height < 300n; height++) await heights.claim(height);
  for (const other of others) expect(await other.claim(7n)).toBe(false);
  expect(readdirSync(directory)).toHaveLength(256 + names.length);
});

test("nothing is signed where the claim cannot be written", async () => {
  const file = path.join(scratch, "a-file");
  writeFileSync(file, "");
  await expect(new SignedHeights(file, "chain-a").claim(1n)).rejects.toMatchObject({
    code: "SIGNED_HEIGHTS_UNAVAILABLE",
  });
});

test.each(["../x", "a/b", "", ".", "a\\b", "a\0b", "x".repeat(65)])("a chain named %j is refused", (chainId) => {
  expect(() => new SignedHeights(scratch, chainId)).toThrow(expect.objectContaining({code: "CHAIN_ID_INVALID"}));
});
