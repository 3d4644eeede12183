/** A recorded ceremony that holds together, and what is said of it once one value is another. */
import {expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {type CeremonyBundle, ceremonyBundle, checkCeremony} from "../../../src/codecs/qsdm-chain/ceremony.js";
import vectors from "./ceremony.vectors.json" with {type: "json"};

const written = utf8(`${JSON.stringify(vectors.cases.find(({expect: {valid}}) => valid)!.input.bundle, null, 2)}\n`);
const bundle = ceremonyBundle.decode(written);
const [first, second, ...others] = bundle.participants!;
const having = (change: Partial<typeof first>) => ({participants: [{...first!, ...change}, second!, ...others]});

test("what the reference writes is read and written again", () => {
  expect(ceremonyBundle.encode(bundle)).toEqual(written);
  expect(() => checkCeremony(bundle)).not.toThrow();
});

test.each<[string, Partial<CeremonyBundle>, string]>([
  ["another version", {schemaVersion: 2}, "schema version"],
  ["a real ceremony", {dryRun: false}, "rehearsal"],
  ["one participant", {participants: [first!]}, "participants, a ceremony"],
  ["none", {participants: []}, "participants, a ceremony"],
  ["more supply", {params: {...bundle.params, totalSupplyCell: 1n}}, "are not the supply"],
  ["another order", {participants: [second!, first!, ...others]}, "not in order"],
  ["one twice", {participants: [first!, first!]}, "not in order"],
  ["another root", {commitRoot: "00"}, "commit_root_hex"],
  ["another commitment", having({commit: "00".repeat(32)}), "commit_root_hex"],
  ["another reveal", having({reveal: "00".repeat(32)}), "committed to"],
  ["a short reveal", having({reveal: "00"}), "not 32 bytes"],
  ["other reveals", {revealConcat: ""}, "reveal_concat_hex"],
  ["another seed", {genesisSeed: ""}, "genesis_seed_hex"],
  ["another network", {network: "other"}, "genesis_hash_hex"],
  ["another treasury", {treasuryAddress: "other"}, "genesis_hash_hex"],
  ["no key", having({publicKey: ""}), "not 32 bytes"],
  ["another's key", having({publicKey: second!.publicKey}), "does not verify"],
  ["another's signature", having({signature: second!.signature}), "does not verify"],
  ["another end", {finishedAt: "2026-01-01T00:00:00Z"}, "bundle_hash_hex"],
])("%s does not fit", (_what, change, why) => {
  expect(() => checkCeremony({...bundle, ...change})).toThrow(
    expect.objectContaining({code: "CEREMONY_INVALID", message: expect.stringContaining(why)}),
  );
});
