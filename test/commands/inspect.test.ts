/** Whether `qsdm inspect` tells what bytes are. The bytes come from the reference and from other parts' own tests. */
import {describe, expect, test} from "vitest";
import {bytesOfHex, hexOf, utf8} from "../../src/codecs/bytes.js";
import {signingBytes, txIdOf} from "../../src/codecs/chain/envelope.js";
import {identify} from "../../src/commands/inspect-kinds.js";
import {run} from "../../src/commands/run.js";
import h100 from "../codecs/mining/spdm-h100.vectors.json" with {type: "json"};
import {journal} from "../codecs/qsdm-chain/journal.js";
import keys from "../node/keys/keystore.vectors.json" with {type: "json"};
import {contentOf, signed, testAccount} from "../support/accounts.js";
import {memoryHost} from "./memory-host.js";
import {recordedRuns} from "./recorded-runs.js";

const SENDER = testAccount("sender");
const recorded = (name: string): Uint8Array => utf8(recordedRuns.find((each) => each.name === name)!.expected.stdout);
const content = contentOf(SENDER);
const bundleOf = (evidence: Uint8Array): Uint8Array =>
  utf8(JSON.parse(new TextDecoder().decode(evidence)).proof.attestation.bundle);

describe("the kind of", () => {
  for (const [kind, bytes] of [
    ["envelope v3", signed(SENDER, content)],
    ["unsigned transaction v3", signingBytes(content)],
    ["forged-attestation evidence", recorded("helper-fa-stdout")],
    ["double-mining evidence", recorded("helper-dm")],
    ["freshness-cheat evidence", recorded("helper-fc")],
    ["hmac bundle in base64", bundleOf(recorded("helper-fa-stdout"))],
    ["measurement report", bytesOfHex(h100.report)],
    ["unenroll payload", utf8('{"kind":"unenroll","node_id":"rig"}')],
    ["QSDM block", utf8(journal[0]!.line_utf8)],
    ["keystore", utf8(keys.keystore)],
  ] as const)
    test(`${kind} is told from its bytes`, () => expect(identify(bytes)).toMatchObject({kind, canonical: true}));

  test("indented JSON is told, and said not to be canonical", () => {
    const indented = utf8('{\n  "kind": "unenroll",\n  "node_id": "rig"\n}\n');
    expect(identify(indented)).toMatchObject({kind: "unenroll payload", canonical: false});
  });
});

const inspect = async (file: Uint8Array | string, line = "inspect /f --json") => {
  const host = memoryHost({argv: line.split(" "), files: {"/f": file}});
  host.input.end();
  return {status: await run(host), out: host.out(), err: host.err()};
};

test("a transaction shows the id that it will have, and long bytes by size and digest", async () => {
  const {data} = JSON.parse((await inspect(signed(SENDER, content))).out);
  expect(data.fields.tx_id).toBe(txIdOf(content));
  expect(data.fields.signature).toMatch(/^4627 bytes, sha256 [0-9a-f]{64}$/);
});

test("text is a line for the kind and a line for each field", async () => {
  const {out} = await inspect('{"kind":"unenroll","node_id":"rig"}', "inspect /f");
  expect(out).toBe("unenroll payload\t35\ttrue\nkind\tunenroll\nnode_id\trig\nreason\t\n");
});

test("a keystore shows nothing of its secret", async () => {
  const {out} = await inspect(keys.keystore);
  const {ciphertext, kdf_params} = JSON.parse(keys.keystore);
  for (const secret of [ciphertext, kdf_params.salt]) expect(out).not.toContain(secret);
  expect(JSON.parse(out).data.fields.address).toBe(keys.address);
});

for (const [name, file] of [
  ["nothing", ""],
  ["an empty object", "{}"],
  ["text", "hello"],
  ["hex of a transaction", hexOf(signed(SENDER, content))],
  ["a cut transaction", signed(SENDER, content).slice(0, -1)],
] as const)
  test(`${name} is refused with 3`, async () => {
    const ran = await inspect(file);
    expect([ran.status, JSON.parse(ran.out).error.code]).toEqual([3, "FORM_UNKNOWN"]);
  });

test("a file that is not there is a usage error", async () => {
  expect((await inspect("x", "inspect /gone")).status).toBe(2);
});
