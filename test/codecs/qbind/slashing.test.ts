import {expect, test} from "vitest";
import {type QbindEvidence, qbindEvidence} from "../../../src/codecs/qbind/slashing.js";
import {DecodeError} from "../../../src/errors.js";

const hash = new Uint8Array(32).fill(7);
const SAID: readonly QbindEvidence["said"][] = [
  {offence: "O1_double_sign", payload: {blockIdA: hash, blockIdB: hash, sigA: hash, sigB: new Uint8Array()}},
  {offence: "O3a_lazy_vote_single", payload: {blockId: hash, signature: hash}},
  {offence: "O4_invalid_dag_cert", payload: {batchCommitment: hash, dagRound: 77n, signatures: [hash, hash]}},
  {offence: "O5_dag_coupling_violation", payload: {batchCommitment: hash, dagRound: 9n, frontierCommitments: []}},
];

test("evidence comes back as it was written, and says which offence it is of", () => {
  for (const said of SAID) {
    const evidence = {validator: 1n, height: 2n, view: 3n, said};
    expect(qbindEvidence.decode(qbindEvidence.encode(evidence))).toEqual(evidence);
  }
});

test("refused: an offence without a name, a count beyond the input, bytes behind the end", () => {
  const bytes = qbindEvidence.encode({validator: 1n, height: 2n, view: 3n, said: SAID[2]!});
  const offenceAt = "QBIND:slash:evidence:v1".length + 24;
  const changed = (at: number, byte: number): Uint8Array => bytes.map((each, i) => (i === at ? byte : each));
  for (const number of [0, 7]) expect(() => qbindEvidence.decode(changed(offenceAt, number))).toThrow(DecodeError);
  expect(() => qbindEvidence.decode(changed(offenceAt + 1 + 32 + 8, 255))).toThrow(DecodeError);
  expect(() => qbindEvidence.decode(Uint8Array.of(...bytes, 0))).toThrow(DecodeError);
});
