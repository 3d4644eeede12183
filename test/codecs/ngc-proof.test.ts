/** Bundles of NVIDIA sidecars. Names, payloads and MAC are those of the reference's own tests. */
import {createHmac} from "node:crypto";
import {describe, expect, test} from "vitest";
import {textOf, utf8} from "../../src/codecs/bytes.js";
import {NGC_PROOF_MAX_BYTES, ngcProofPayload, readNgcProof} from "../../src/codecs/ngc-proof.js";

const read = (bundle: object) => readNgcProof(utf8(JSON.stringify(bundle)));
const payload = (bundle: object): string => textOf(ngcProofPayload(read(bundle)));

describe("the payload under the MAC", () => {
  const older = {qsdmplus_node_id: "a", cuda_proof_hash: "b", timestamp_utc: "c"};

  test("is version 1 without a nonce, and version 2 with one", () => {
    expect(payload(older)).toBe("v1\na\nb\nc\n");
    expect(payload({...older, qsdmplus_ingest_nonce: "n1"})).toBe("v2\na\nb\nc\nn1\n");
  });

  test("reads the newer name first, unless it is empty", () => {
    expect(payload({...older, qsdm_node_id: "z"})).toBe("v1\nz\nb\nc\n");
    expect(payload({...older, qsdm_node_id: ""})).toBe("v1\na\nb\nc\n");
  });

  test("takes a missing or mistyped member for empty", () => {
    expect(payload({cuda_proof_hash: "b", timestamp_utc: 7, qsdm_node_id: ["x"]})).toBe("v1\n\nb\n\n");
  });
});

test("the MAC is read as hex, and anything else is none", () => {
  const mac = createHmac("sha256", "Charming123").update("v1\n\nx\n\n").digest("hex");
  expect(read({cuda_proof_hash: "x", qsdm_proof_hmac: ` ${mac} `}).mac).toEqual(
    new Uint8Array(Buffer.from(mac, "hex")),
  );
  for (const wrong of ["", "zz", mac.slice(2), 7])
    expect(read({cuda_proof_hash: "x", qsdm_proof_hmac: wrong}).mac).toBeNull();
});

test("a GPU counts as seen only where the bundle says true", () => {
  expect(read({cuda_proof_hash: "x", gpu_fingerprint: {available: true}}).gpuAvailable).toBe(true);
  for (const fingerprint of [null, {}, {available: "true"}, {available: 1}, [true]])
    expect(read({cuda_proof_hash: "x", gpu_fingerprint: fingerprint}).gpuAvailable).toBe(false);
});

test("lists show numbers as they were written", () => {
  const {shown} = readNgcProof(utf8('{"cuda_proof_hash":"x","execution_seconds":0.1250,"ai_proof":{"mode":"cpu"}}'));
  expect(shown).toMatchObject({executionSeconds: "0.1250", aiMode: "cpu", aiComputationHash: null, tensorMode: null});
});

for (const [name, bytes, code] of [
  ["nothing", new Uint8Array(), "NGC_PROOF_SIZE"],
  ["too much", new Uint8Array(NGC_PROOF_MAX_BYTES + 1), "NGC_PROOF_SIZE"],
  ["no JSON", utf8("{"), "NGC_PROOF_INVALID"],
  ["a list", utf8("[]"), "NGC_PROOF_INVALID"],
  ["bytes that are no text", Uint8Array.of(0x7b, 0xff, 0x7d), "NGC_PROOF_INVALID"],
  ["no hash", utf8("{}"), "NGC_PROOF_NO_HASH"],
  ["a hash that is no text", utf8('{"cuda_proof_hash":1}'), "NGC_PROOF_NO_HASH"],
] as const)
  test(`${name} is refused`, () => {
    expect(() => readNgcProof(bytes)).toThrow(expect.objectContaining({code}));
  });
