/**
 * What a node answers to input that is wrong, each kind by name: the status, the code, and that nothing changed. One
 * node takes all of it, so a case that did change something fails the ones after it as well.
 */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import type {UnsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import {transfer} from "../../src/codecs/chain/payloads.js";
import {encodeProof, type Proof} from "../../src/codecs/mining/proof.js";
import {contentOf, signed, signedTransfer, type TestAccount, testAccount} from "../support/accounts.js";
import {exchange} from "../support/api.js";
import {eventually, initTestNode, mineOne, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";
import {enrollmentPayload, signedEnrollment} from "../support/proofs.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
const rigKey = testAccount("rig key");
const CBOR = "application/cbor";
const JSON_TYPE = "application/json";
const text = (raw: Uint8Array): string => new TextDecoder().decode(raw);

let running: RunningNode;
let proof: Proof;
/** Everything that a write could have moved. */
const books = async () => {
  const {qsdm} = await running.client.status();
  const {balance, nonce} = await running.client.account({address: alice.address});
  return {stateRoot: qsdm?.stateRoot, poolSize: qsdm?.poolSize, supply: qsdm?.supply, balance, nonce};
};
let before: Awaited<ReturnType<typeof books>>;

beforeAll(async () => {
  const pace = {intervalMs: 600_000, minIntervalMs: 20};
  running = await runTestNode(await initTestNode(nodeGenesis([alice, bob])), {pace});
  const {client} = running;
  const payload = enrollmentPayload(alice, {nodeId: "rig-1", node: rigKey});
  const {txId} = await client.enroll({body: signedEnrollment(alice, 0n, payload)});
  await eventually(() => client.receipt({txId}));
  proof = await mineOne(client, {nodeId: "rig-1", nodeKey: rigKey, owner: alice});
  before = await books();
});
afterAll(() => running.stop());

type Body = () => Uint8Array | string;
interface Bad {
  readonly name: string;
  readonly path: string;
  readonly status: number;
  readonly code: string;
  readonly method?: string;
  readonly type?: string;
  readonly body?: Body;
}

const move = {to: bob.address, amountDust: 1n};
const payment = (nonce: bigint): Uint8Array => signedTransfer(alice, {...move, nonce});
/** A transfer by Alice in which `change` is signed as well. */
const changed = (signer: TestAccount, change: Partial<UnsignedEnvelope>): Uint8Array =>
  signed(signer, contentOf(alice, {nonce: 1n, payload: transfer.encode({...move, memo: ""}), ...change}));
const submit = (name: string, body: Body, [status, code]: readonly [number, string]): Bad => ({
  name,
  path: "/api/v1/wallet/submit",
  method: "POST",
  type: CBOR,
  body,
  status,
  code,
});
const read = (name: string, path: string, [status, code]: readonly [number, string]): Bad => ({
  name,
  path,
  status,
  code,
});

const CASES: readonly Bad[] = [
  {...submit("a wrong method", () => "", [405, "METHOD_NOT_ALLOWED"]), method: "PUT"},
  read("a wrong path", "/api/v1/mining/enrolments", [404, "ROUTE_NOT_FOUND"]),
  read("a path with a broken escape", "/api/v1/mining/enrollment/%zz", [400, "PARAMETER_INVALID"]),
  read("a query that the route does not know", "/api/v1/ledger/supply?at=3", [400, "PARAMETER_UNKNOWN"]),
  read("a query without what it needs", "/api/v1/wallet/balance", [400, "PARAMETER_INVALID"]),
  read("a wrong hex address", `/api/v1/wallet/nonce?sender=${"zz".repeat(32)}`, [400, "PARAMETER_INVALID"]),
  read("a height above every block", "/api/v1/chain/blocks/18446744073709551615", [404, "BLOCK_NOT_FOUND"]),
  read("a height above 64 bits", "/api/v1/chain/blocks/18446744073709551616", [400, "PARAMETER_INVALID"]),
  read("a cursor that is too long", `/api/v1/mining/enrollments?cursor=${"a".repeat(65)}`, [400, "PARAMETER_INVALID"]),
  read("a limit that is no count", "/api/v1/receipts?limit=many", [400, "PARAMETER_INVALID"]),
  read("a challenge for nobody", "/api/v1/mining/challenge", [400, "CHALLENGE_UNBOUND"]),
  read("a challenge for a height alone", "/api/v1/mining/challenge?height=1", [400, "CHALLENGE_UNBOUND"]),
  read(
    "a challenge for a node that is not enrolled",
    `/api/v1/mining/challenge?miner_addr=${"ab".repeat(32)}&node_id=rig-9&height=1`,
    [400, "CHALLENGE_NODE_REFUSED"],
  ),
  read(
    "a challenge for another's node",
    `/api/v1/mining/challenge?miner_addr=${"ab".repeat(32)}&node_id=rig-1&height=1`,
    [400, "CHALLENGE_NODE_REFUSED"],
  ),
  submit("bytes that are no CBOR", () => Uint8Array.of(0xff), [400, "CBOR_INVALID"]),
  submit("an empty body", () => "", [400, "CBOR_INVALID"]),
  submit("an envelope with bytes after it", () => Uint8Array.of(...payment(1n), 0), [400, "CBOR_INVALID"]),
  {...submit("a wrong content type", () => payment(1n), [415, "CONTENT_TYPE_UNSUPPORTED"]), type: "text/plain"},
  submit("an oversize body", () => new Uint8Array(1_500_001), [413, "BODY_TOO_LARGE"]),
  submit("a stale nonce", () => payment(0n), [409, "NONCE_USED"]),
  submit("a nonce far ahead", () => payment(1_000_000n), [409, "NONCE_TOO_HIGH"]),
  submit("a wrong signature", () => payment(1n).with(-1, 0x5a), [422, "SIGNATURE_INVALID"]),
  submit("a key that is not the sender's", () => changed(bob, {}), [422, "SENDER_MISMATCH"]),
  submit("a wrong chain", () => changed(alice, {chainId: "another-chain"}), [422, "CHAIN_MISMATCH"]),
  submit("an envelope that has expired", () => changed(alice, {expiresAtHeight: 0n}), [422, "EXPIRED"]),
  submit("an unknown contract", () => changed(alice, {contract: "qsdm/none/v9"}), [422, "CONTRACT_UNKNOWN"]),
  {
    ...submit("a wrong JSON envelope", () => '{"sender":', [400, "ENVELOPE_V2_REFUSED"]),
    path: "/api/v1/mining/enroll",
    type: JSON_TYPE,
  },
  {
    ...submit("an envelope for another route", () => payment(1n), [400, "CONTRACT_UNFIT"]),
    path: "/api/v1/mining/unenroll",
  },
];

const send = ({path, method = "GET", type, body}: Bad): Promise<Response> =>
  fetch(running.node.url + path, {
    method,
    headers: {connection: "close", ...(type === undefined ? {} : {"content-type": type})},
    ...(body === undefined ? {} : {body: new Uint8Array(Buffer.from(body()))}),
  });

describe("the node refuses", () => {
  for (const bad of CASES)
    test(`${bad.name} with ${bad.status} ${bad.code}, and nothing changes`, async () => {
      const answer = await send(bad);
      expect([answer.status, answer.headers.get("qsdm-error-code")]).toEqual([bad.status, bad.code]);
      expect(await answer.text()).not.toBe("");
      expect(await books()).toEqual(before);
    });

  test("a request that is no HTTP with 400, and nothing changes", async () => {
    expect(await exchange(running.node.url, "NONSENSE\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect(await books()).toEqual(before);
  });
});

describe("the node refuses a proof", () => {
  const canonical = (): string => text(encodeProof(proof));
  const proofs: readonly (readonly [name: string, body: () => string, reason: string])[] = [
    ["with wrong JSON", () => canonical().slice(0, -1), "non-canonical"],
    ["with an unknown field", () => canonical().replace(/}$/, ',"extra":1}'), "non-canonical"],
    ["with wrong hex", () => canonical().replace(/("mix_digest":")../, "$1zz"), "non-canonical"],
    ["with wrong base64", () => canonical().replace(/("bundle":")..../, "$1!!!!"), "attestation"],
    ["with a nonce that solves nothing", () => text(encodeProof({...proof, nonce: new Uint8Array(16)})), "work"],
    ["for another header", () => text(encodeProof({...proof, headerHash: new Uint8Array(32)})), "header-mismatch"],
    [
      "that claims an unknown architecture",
      () => text(encodeProof({...proof, attestation: {...proof.attestation, gpuArch: "voodoo"}})),
      "attestation",
    ],
  ];
  for (const [name, body, reason] of proofs)
    test(`${name}, names the reason, and nothing changes`, async () => {
      const path = "/api/v1/mining/submit";
      const answer = await send({name, path, method: "POST", type: JSON_TYPE, body, status: 400, code: ""});
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({accepted: false, reject_reason: reason});
      expect(await books()).toEqual(before);
    });

  test("of a GPU that does not exist where everyone can see it", async () => {
    const all = {cursor: null, limit: null, kind: null, reason: null, arch: null, since: null};
    const {records} = await running.client.rejections({...all, reason: "unknown_arch"});
    expect(records).toMatchObject([{seq: 1n, arch: "voodoo", minerAddr: alice.address, height: proof.height}]);
  });

  test("that is too long without reading it", async () => {
    const body = () => `{"version":"${"2".repeat(65_536)}"}`;
    const path = "/api/v1/mining/submit";
    const answer = await send({name: "", path, method: "POST", type: JSON_TYPE, body, status: 413, code: ""});
    expect([answer.status, answer.headers.get("qsdm-error-code")]).toEqual([413, "BODY_TOO_LARGE"]);
  });
});
