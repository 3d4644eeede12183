/** Whether `qsdm inspect` tells what bytes are. The bytes come from the reference and from other parts' own tests. */
import {createHash} from "node:crypto";
import {describe, expect, test} from "vitest";
import {base64Of, bytesOfHex, hexOf, utf8} from "../../src/codecs/bytes.js";
import {signingBytes, txIdOf} from "../../src/codecs/chain/envelope.js";
import {quorumRelease, quorumStake} from "../../src/codecs/chain/quorum-stake.js";
import {qbindEvidence} from "../../src/codecs/qbind/slashing.js";
import {identify} from "../../src/commands/inspect/identify.js";
import {shown} from "../../src/commands/inspect/inspect.js";
import {run} from "../../src/commands/run.js";
import h100 from "../codecs/mining/spdm-h100.vectors.json" with {type: "json"};
import digests from "../codecs/qbind/digests.vectors.json" with {type: "json"};
import council from "../codecs/qbind/governance-envelope.vectors.json" with {type: "json"};
import kemtls from "../codecs/qbind/kemtls.vectors.json" with {type: "json"};
import preimages from "../codecs/qbind/signing-preimages.vectors.json" with {type: "json"};
import wire from "../codecs/qbind/wire-consensus.vectors.json" with {type: "json"};
import ceremony from "../codecs/qsdm-chain/ceremony.vectors.json" with {type: "json"};
import {journal} from "../codecs/qsdm-chain/journal.js";
import keys from "../node/keys/keystore.vectors.json" with {type: "json"};
import streams from "../node/ledger/streams/streams.vectors.json" with {type: "json"};
import {contentOf, signed, testAccount} from "../support/accounts.js";
import {memoryHost} from "./memory-host.js";
import {recordedRuns} from "./recorded-runs.js";

const SENDER = testAccount("sender");
const recorded = (name: string): Uint8Array => utf8(recordedRuns.find((each) => each.name === name)!.expected.stdout);
const content = contentOf(SENDER);
const bundleOf = (evidence: Uint8Array): Uint8Array =>
  utf8(JSON.parse(new TextDecoder().decode(evidence)).proof.attestation.bundle);

/** What the reference wrote for a case. */
const ofQbind = (file: {readonly cases: readonly {readonly name: string; readonly expected: object}[]}, name: string) =>
  Object.values(file.cases.find((each) => each.name === name)!.expected).find(
    (value): value is string => typeof value === "string",
  )!;

const QBIND_EVIDENCE = hexOf(
  qbindEvidence.encode({
    ...{validator: 2n, height: 1_136n, view: 1_784n},
    said: {offence: "O3b_lazy_vote_repeated", payload: {blockId: new Uint8Array(32), signature: new Uint8Array(8)}},
  }),
);

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
    ["QBIND vote", bytesOfHex(ofQbind(wire, "vote-1"))],
    ["QBIND certificate", bytesOfHex(ofQbind(wire, "qc-1"))],
    ["QBIND proposal", bytesOfHex(ofQbind(wire, "proposal-1"))],
    ["QBIND governance envelope", utf8(JSON.stringify(council.cases[0]!.input))],
    ["QBIND client init", bytesOfHex(ofQbind(kemtls, "client-init-1"))],
    ["QBIND server accept", bytesOfHex(ofQbind(kemtls, "server-accept-1"))],
    ["QBIND server cookie", bytesOfHex(ofQbind(kemtls, "server-cookie-1"))],
    ["QSDM vote", utf8("qsdm/bft/v1|bft_prevote|h:9|r:2|s:2:v0|v:5:<nil>|b:0:")],
    ["QSDM evidence", utf8("equivocation|v1|94|1|[b b c]|")],
    ["QSDM ceremony bundle", utf8(`${JSON.stringify(ceremony.cases[3]!.input.bundle, null, 2)}\n`)],
    ["stream action", utf8(JSON.stringify(streams.cases[0]!.input.ops![0]!.action))],
    ["QBIND evidence", bytesOfHex(QBIND_EVIDENCE)],
    ["QBIND preimage", bytesOfHex(ofQbind(preimages, "proposal-mainnet-1"))],
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

test("a stake for a client names its key as commands take it, and a release is told apart", async () => {
  const possession = new Uint8Array(4_627);
  const {data} = JSON.parse(
    (await inspect(quorumStake.encode({publicKey: SENDER.publicKey, amountDust: 7n, possession}))).out,
  );
  const key = createHash("sha3-256").update(SENDER.publicKey).digest("hex");
  expect(data).toMatchObject({kind: "quorum stake", fields: {key, amount_dust: "7"}});
  const release = await inspect(quorumRelease.encode({key, amountDust: 7n}), "inspect /f");
  expect(release.out).toMatch(new RegExp(`^quorum release\\t.*\nkey\\t${key}\namount_dust\\t7\n$`));
});

test("text is a line for the kind and a line for each field", async () => {
  const {out} = await inspect('{"kind":"unenroll","node_id":"rig"}', "inspect /f");
  expect(out).toBe("unenroll payload\t35\ttrue\traw\nkind\tunenroll\nnode_id\trig\nreason\t\n");
});

test("a ceremony's bundle says whether it fits together", async () => {
  const bundle = (at: number) => `${JSON.stringify(ceremony.cases[at]!.input.bundle, null, 2)}\n`;
  const brokenIn = async (at: number) => JSON.parse((await inspect(bundle(at))).out).data.fields.broken;
  expect(await brokenIn(3)).toBeNull();
  expect(await brokenIn(0)).toContain("is not what it committed to");
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
  ["a cut transaction", signed(SENDER, content).slice(0, -1)],
] as const)
  test(`${name} is refused with 3`, async () => {
    const ran = await inspect(file);
    expect([ran.status, JSON.parse(ran.out).error.code]).toEqual([3, "FORM_UNKNOWN"]);
  });

test("a file that is not there is a usage error", async () => {
  expect((await inspect("x", "inspect /gone")).status).toBe(2);
});

describe("a form that does not say what it is", () => {
  const cases = digests.cases as readonly {
    name: string;
    input: Record<string, unknown>;
    expected: Record<string, string>;
  }[];
  const recordedDigest = (name: string) => cases.find((each) => each.name === name)!;

  test("is read when its kind is named, with its digest", async () => {
    const {expected} = recordedDigest("legacy-tx-digest-1");
    const line = ["inspect", "/f", "--json", "--kind", "QBIND account transaction"];
    const host = memoryHost({argv: line, files: {"/f": bytesOfHex(expected.preimageHex!)}});
    expect(await run(host)).toBe(0);
    expect(JSON.parse(host.out()).data).toMatchObject({
      kind: "QBIND account transaction",
      fields: {digest: expected.digest, nonce: "74", fee_limit: "6084"},
    });
  });

  test("is not found otherwise", async () => {
    const {status} = await inspect(bytesOfHex(recordedDigest("legacy-tx-digest-1").expected.preimageHex!));
    expect(status).toBe(3);
  });

  test("is shown with the digests that the reference gives it", () => {
    const key = recordedDigest("node-id-0");
    expect(shown(identify(bytesOfHex(key.input.kemPk as string), {kind: "QBIND node key"}).fields)).toEqual({
      nodeId: key.expected.nodeId,
    });
    const certified = recordedDigest("netcert-1").expected;
    expect(shown(identify(bytesOfHex(certified.encodedHex!)).fields)).toMatchObject({
      nodeId: certified.nodeId,
      digest: certified.digest,
    });
    const refs = recordedDigest("batch-commitment-1");
    const found = identify(bytesOfHex(refs.expected.firstCanonicalBytes!), {kind: "QBIND batch references"});
    expect(shown(found.fields)).toMatchObject({commitment: refs.expected.commitment});
  });
});

describe("bytes that are spelled as text", () => {
  const bytes = signed(SENDER, content);
  for (const [encoding, text] of [
    ["hex", `${hexOf(bytes).replace(/(.{80})/g, "$1\n")}\n`],
    ["hex", hexOf(bytes).toUpperCase()],
    ["base64", `${base64Of(bytes)}\n`],
  ] as const)
    test(`as ${encoding} are told as what they spell`, () => {
      const told = {kind: "envelope v3", encoding, canonical: true, sizeBytes: bytes.length};
      expect(identify(utf8(text))).toMatchObject(told);
      expect(identify(utf8(text), {encoding})).toMatchObject(told);
    });

  test("are not, where the file is said to be raw", async () => {
    const {status, out} = await inspect(hexOf(bytes), "inspect /f --from raw --json");
    expect([status, JSON.parse(out).error.code]).toEqual([3, "FORM_UNKNOWN"]);
  });

  test("are refused by the encoding that is named, when they have another", async () => {
    const {status, out} = await inspect("xyz", "inspect /f --from hex --json");
    expect([status, JSON.parse(out).error.code]).toEqual([3, "HEX_INVALID"]);
  });
});

test("a kind that is named says what is wrong with the bytes", async () => {
  const cut = utf8(ofQbind(wire, "vote-1").slice(0, -2));
  const host = memoryHost({argv: ["inspect", "/f", "--json", "--kind", "QBIND vote"], files: {"/f": cut}});
  expect(await run(host)).toBe(3);
  expect(JSON.parse(host.out()).error).toMatchObject({code: "LAYOUT_INVALID", details: {field: "vote.signature"}});
});

test("a kind that does not exist is a usage error", async () => {
  expect((await inspect("x", "inspect /f --kind x")).status).toBe(2);
});
