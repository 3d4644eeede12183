import {describe, expect, test} from "vitest";
import {textOf, utf8} from "../../../src/codecs/bytes.js";
import {
  encodeEnrollmentSnapshot,
  readEnrollmentSnapshot,
  type SnapshotRecord,
} from "../../../src/codecs/qsdm-chain/enrollment-snapshot.js";
import {codeOf} from "../laws.js";

const record = (nodeId: string): SnapshotRecord => ({
  nodeId,
  owner: "ab".repeat(32),
  gpuUuid: `GPU-${nodeId}`,
  hmacKey: new Uint8Array(32).fill(7),
  stakeDust: 2n ** 64n - 1n,
  bondMode: "",
  requiredStakeDust: 0n,
  enrolledAtHeight: 0n,
  revokedAtHeight: 0n,
  unbondMaturesAtHeight: 0n,
  memo: "",
});
const read = (text: string) => readEnrollmentSnapshot(utf8(text), "state.json");

// The recorded files are in the vectors of the registry script; here is what they leave out.
describe("a registry file of QSDM", () => {
  test("is written in one order, whatever order it is given in, and read back whole", () => {
    const [a, b] = [record("a"), record("b")];
    const seenEvidence = [new Uint8Array(32).fill(2), new Uint8Array(32).fill(1)];
    const bytes = encodeEnrollmentSnapshot({records: [b, a], seenEvidence});
    expect(encodeEnrollmentSnapshot({records: [a, b], seenEvidence: seenEvidence.toReversed()})).toEqual(bytes);
    expect(readEnrollmentSnapshot(bytes, "x")).toEqual({records: [a, b], seenEvidence: seenEvidence.toReversed()});
  });

  test("says nothing of evidence when there is none", () => {
    expect(textOf(encodeEnrollmentSnapshot({records: [], seenEvidence: []}))).toBe('{\n  "records": []\n}');
  });

  test.each([
    ["is cut off", '{"records":['],
    ["has data after its value", '{"records":[]} {}'],
    ["has a stake that is no integer", '{"records":[{"node_id":"a","stake_dust":1.5}]}'],
    ["has evidence that is no hash", '{"records":[],"seen_evidence_hex":["00"]}'],
  ])("is refused when it %s", (_what, text) => {
    expect(codeOf(() => read(text))).toBe("SNAPSHOT_INVALID");
  });
});
