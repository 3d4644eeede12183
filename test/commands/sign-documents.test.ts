/** Signing QSDM's documents and checking signatures. The bytes printed are held to the recorded runs. */
import {ml_dsa87} from "@noble/post-quantum/ml-dsa.js";
import {describe, expect, test} from "vitest";
import {bytesOfHex, utf8} from "../../src/codecs/bytes.js";
import {run} from "../../src/commands/run.js";
import {cannedNode} from "./canned-node.js";
import {type MemoryOptions, memoryHost} from "./memory-host.js";
import {recordedRuns} from "./recorded-runs.js";
import {SENDER} from "./reference-status.js";

const {files} = recordedRuns.find(({name}) => name === "enroll")!.input;
const KEYS = "--in=w.json --passphrase-file=p.txt";
const PAY = {
  id: "t",
  sender: SENDER,
  recipient: "ab".repeat(32),
  amount: 1.5,
  fee: 0.001,
  geotag: "",
  parent_cells: null,
  timestamp: "2026-01-02T03:04:05Z",
};
const TASK = {id: "i", sender: SENDER, task_id: "t", action: "claim", timestamp: "2026-01-01T00:00:00Z"};
const STREAM = {id: "s", sender: SENDER, stream_id: "st", action: "open", timestamp: "2026-01-01T00:00:00Z"};

async function wallet(line: string, document: object | string = "", options: MemoryOptions = {}) {
  const host = memoryHost({files, ...options, argv: `wallet ${line}`.split(" ")});
  host.input.end(typeof document === "string" ? document : JSON.stringify(document));
  const status = await run(host);
  return {status, out: host.out(), err: host.err()};
}

describe("the signature is over the document with an empty signature and no key", () => {
  for (const [line, document] of [
    ["sign-tx --nonce=3", PAY],
    ["sign-task-action --nonce=3", TASK],
  ] as const)
    test(line, async () => {
      const {out, err} = await wallet(`${line} ${KEYS}`, document);
      const {signature, public_key: key} = JSON.parse(out);
      const unsigned = out.trimEnd().replace(`"${signature}"`, '""').replace(`,"public_key":"${key}"`, "");
      expect(ml_dsa87.verify(bytesOfHex(signature), utf8(unsigned), bytesOfHex(key)), err).toBe(true);
    });

  test("of a stream action it is over the action", async () => {
    const {out} = await wallet(`sign-stream-action --nonce=3 ${KEYS}`, {action: STREAM});
    const {signature, public_key: key} = JSON.parse(out);
    const action = /^\{"action":(\{[^}]*\})/.exec(out)![1]!;
    expect(ml_dsa87.verify(bytesOfHex(signature), utf8(action), bytesOfHex(key))).toBe(true);
  });
});

describe("refused, and nothing is signed:", () => {
  for (const [name, line, document, code] of [
    ["an empty document", "sign-tx", " \n", "DOCUMENT_EMPTY"],
    ["no JSON", "sign-tx", "{", "ENVELOPE_INVALID"],
    ["a member that no signature would cover", "sign-tx", {...PAY, memo: "m"}, "ENVELOPE_INVALID"],
    ["an envelope without a recipient", "sign-tx", {...PAY, recipient: ""}, "DOCUMENT_INCOMPLETE"],
    ["an amount of less than a dust", "sign-tx", {...PAY, amount: 1.000000001}, "AMOUNT_INVALID"],
    ["a document too large to be one", "sign-tx", {...PAY, geotag: "g".repeat(70_000)}, "INPUT_TOO_LARGE"],
    ["somebody else's envelope", "sign-tx", {...PAY, sender: "cd".repeat(32)}, "SENDER_MISMATCH"],
    ["two nonces", "sign-tx --nonce=1 --auto-nonce", PAY, "FLAG_CONFLICT"],
    ["a task action without a task", "sign-task-action", {...TASK, task_id: ""}, "DOCUMENT_INCOMPLETE"],
    ["a task action with a further member", "sign-task-action", {...TASK, more: 1}, "ACTION_INVALID"],
    ["a stream action without a stream", "sign-stream-action", {...STREAM, stream_id: ""}, "DOCUMENT_INCOMPLETE"],
    ["a wrapped action with company", "sign-stream-action", {action: STREAM, signature: ""}, "ACTION_INVALID"],
    ["a stream action that is a list", "sign-stream-action", "[]", "ACTION_INVALID"],
  ] as const)
    test(name, async () => {
      const ran = await wallet(`${line} ${KEYS} --json`, document);
      const {error} = JSON.parse(ran.out);
      expect([ran.status > 1, error.code]).toEqual([true, code]);
    });

  test("a nonce that the node does not stand by", async () => {
    const path = `/api/v1/wallet/nonce?sender=${SENDER}`;
    for (const answer of [
      {sender: SENDER, nonce: 4, next: 6},
      {sender: "x", nonce: 4, next: 5},
    ]) {
      const node = await cannedNode([{method: "GET", path, status: 200, body: JSON.stringify(answer)}]);
      const ran = await wallet(`sign-tx --auto-nonce --json ${KEYS}`, PAY, {env: {QSDM_API_URL: node.url}});
      await node.close();
      expect([ran.status, JSON.parse(ran.out).error.code]).toEqual([4, "NONCE_INCONSISTENT"]);
    }
  });
});

test("an envelope that no node takes yet is signed with a warning", async () => {
  const ran = await wallet(`sign-tx ${KEYS}`, PAY);
  expect(ran.status).toBe(0);
  expect(ran.err).toContain("the nonce is 0, which no node takes");
});

describe("wallet verify", () => {
  const {secretKey, publicKey} = ml_dsa87.keygen(new Uint8Array(32).fill(3));
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  const given = {
    pk: `${hex(publicKey)}\n`,
    sig: ` ${hex(ml_dsa87.sign(utf8("hello"), secretKey))}\n`,
    m: "hello",
    other: "hullo",
  };
  const verify = (line: string) => wallet(`verify ${line} --json`, "", {files: given});

  test("prints whose signature it is", async () => {
    const ran = await verify("--public-key-file pk --signature-file sig --message-file m");
    expect(JSON.parse(ran.out).data).toMatchObject({valid: true, message_bytes: 5});
    expect(JSON.parse(ran.out).data.address).toMatch(/^[0-9a-f]{64}$/);
  });

  for (const [name, line, status, code] of [
    ["another message", "--public-key-file pk --signature-file sig --message-file other", 3, "SIGNATURE_INVALID"],
    ["a short key", "--public-key 00 --signature-file sig --message-file m", 3, "SIZE_WRONG"],
    ["no key", "--signature-file sig --message-file m", 2, "INPUT_SOURCE"],
    ["a key twice", "--public-key 00 --public-key-file pk --signature-file sig --message-file m", 2, "INPUT_SOURCE"],
    ["no message", "--public-key-file pk --signature-file sig", 2, "MESSAGE_SOURCE"],
    ["a key that is not hex", "--public-key zz --signature-file sig --message-file m", 3, "HEX_INVALID"],
  ] as const)
    test(`${name} is refused`, async () => {
      const ran = await verify(line);
      expect([ran.status, JSON.parse(ran.out).error.code]).toEqual([status, code]);
    });
});

test("commands of QSDM's client that are not here say what to do instead", async () => {
  const host = memoryHost({argv: ["chain", "a"]});
  expect(await run(host)).toBe(2);
  expect(host.err()).toMatch(/qsdm has no command "chain"\nqsdm: hint: .* qsdm status has the height/);
});
