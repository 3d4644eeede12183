import {expect, test} from "vitest";
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {loadBackend} from "../../../src/node/compute/backend.js";
import vectors from "../ledger/mining/dag.vectors.json" with {type: "json"};

test("hashes with SHA3-256 of FIPS 202", async () => {
  const backend = await loadBackend();
  // Empty message and "abc": the values of FIPS 202's example files.
  expect(backend.sha3([new Uint8Array(), utf8("abc")]).map(hexOf)).toEqual([
    "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
    "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
  ]);
});

test("walks a stepwise built table to the recorded digests", async () => {
  const backend = await loadBackend();
  const mixes = vectors.cases.filter((each) => each.input.op === "mix" && each.input.n! < 100);
  expect(mixes.length).toBeGreaterThan(3);
  for (const {input, expected} of mixes) {
    const entries = input.n!;
    const seed = {epoch: BigInt(input.epoch!), workSetRoot: Buffer.from(input.workset_root!, "hex"), entries};
    const table = new Uint8Array(entries * 32);
    const progress = [...backend.dagSteps(seed, table, 10)];
    expect(progress).toEqual(Array.from({length: Math.ceil(entries / 10) - 1}, (_, i) => (i + 1) * 10));
    const header = Buffer.from(input.header_hash!, "hex");
    const nonce = Buffer.from(input.nonce!, "hex");
    expect(hexOf(backend.mixDigest(table, header, nonce, 1))).toBe(expected!.mix_v1);
    expect(hexOf(backend.mixDigest(table, header, nonce, 2))).toBe(expected!.mix_v2);
  }
});
