/** What a custodian refuses of its coordinator and its peers. */
import {expect, test} from "vitest";
import {productNames} from "../../../../src/codecs/quorum/ir.js";
import {packProgram} from "../../../../src/codecs/quorum/program-package.js";
import {PUBLIC_APPROVAL_KEYS} from "../../../../src/node/quorum/custodian/approval.js";
import {
  Custodian,
  type CustodianOptions,
  DEFAULT_CUSTODIAN_LIMITS,
} from "../../../../src/node/quorum/custodian/custodian.js";
import {MEMORY_STORE} from "../../../../src/node/quorum/custodian/store.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {draw} from "../../../support/quorum-cluster.js";

const PROGRAM = packProgram(compile("input x\nmul y = x x\nmul z = x x\noutput y\noutput z"));
const PRODUCTS = productNames(PROGRAM.ir);

/** A custodian with a program of two products and triples for it. */
function installed(limits: Partial<CustodianOptions> = {}): Custodian {
  const options = {index: 0, threshold: 2, approvalKey: PUBLIC_APPROVAL_KEYS[0]!, ...DEFAULT_CUSTODIAN_LIMITS};
  const custodian = new Custodian({...options, ...limits}, MEMORY_STORE, draw);
  custodian.install(PROGRAM, {x: 1n, y: 7n});
  const triple = {a: 1n, b: 1n, c: 1n};
  custodian.addTriples(PROGRAM.programId, new Map(PRODUCTS.map((node) => [node, [triple, triple]])), 0);
  return custodian;
}
const begin = (custodian: Custodian, requestId: string) =>
  custodian.begin({programId: PROGRAM.programId, requestId, inputs: new Map([["x", 3n]]), triple: 0}, 0);
const from = (x: bigint, nodes = PRODUCTS) => ({
  from: x,
  shares: nodes.map((node) => ({node, masked: {epsilon: 1n, delta: 1n}})),
});
const refused = (code: string) => expect.objectContaining({code});

test("a peer's shares count once, before an evaluation begins and after", () => {
  const custodian = installed();
  custodian.receive("r", from(2n), 0);
  expect(() => custodian.receive("r", from(2n), 0)).toThrow(refused("PEER_SHARE_REPEATED"));
  begin(custodian, "r");
  expect(() => custodian.receive("r", from(2n), 0)).toThrow(refused("PEER_SHARE_REPEATED"));
  expect(() => custodian.receive("r", from(3n, ["other"]), 0)).toThrow(refused("PEER_SHARE_INVALID"));
  expect(() => custodian.receive("r", from(0n), 0)).toThrow(refused("PEER_SHARE_INVALID"));
});

test("a program with controls that this profile does not enforce is not installed, alone or with a share", () => {
  const custodian = installed();
  const program = packProgram(compile("input x\nmul y = x x\noutput y"), {policy: {budgetTotal: 5n}});
  const {programId} = program;
  const share = {x: 1n, y: 7n};
  expect(() => custodian.install(program, share)).toThrow(refused("POLICY_UNSUPPORTED"));
  expect(() => custodian.setShare({programId}, share, program)).toThrow(refused("POLICY_UNSUPPORTED"));
  expect(() => custodian.approve(programId)).toThrow(refused("PROGRAM_NOT_INSTALLED"));
});

test("a program that compares is not installed, alone or with a share: its shares would be compared as values", () => {
  const custodian = installed();
  const program = packProgram(compile("input x\nlt y = x x\noutput y"));
  const {programId} = program;
  expect(() => custodian.install(program, {x: 1n, y: 7n})).toThrow(refused("OPERATION_UNSUPPORTED"));
  const share = {x: 1n, y: 7n};
  expect(() => custodian.setShare({programId}, share, program)).toThrow(refused("OPERATION_UNSUPPORTED"));
  expect(() => custodian.approve(programId)).toThrow(refused("PROGRAM_NOT_INSTALLED"));
});

test("shares of more peers than there can be are not kept for a request", () => {
  const custodian = installed();
  for (let x = 1n; x <= 64n; x++) custodian.receive("r", from(x), 0);
  expect(() => custodian.receive("r", from(65n), 0)).toThrow(refused("PEER_SHARE_INVALID"));
});

test("shares that come early are bounded in bytes: the oldest make room, and one that fits nowhere is refused", () => {
  const custodian = installed({maxEarlyBytes: 10_000});
  for (let n = 0; n < 200; n++) custodian.receive(`r${n}`, from(2n), 0);
  // Those of the first request are gone, so the same sender is new to it.
  custodian.receive("r0", from(2n), 0);
  expect(() => custodian.receive("r199", from(2n), 0)).toThrow(refused("PEER_SHARE_REPEATED"));
  const long = {from: 2n, shares: [{node: "n".repeat(10_000), masked: {epsilon: 1n, delta: 1n}}]};
  expect(() => custodian.receive("r", long, 0)).toThrow(refused("PEER_SHARE_INVALID"));
});

test("triples of programs that are not here yet are bounded, all of them together", () => {
  const custodian = installed({maxForeignBytes: 4_000});
  const triples = Array.from({length: 5}, () => ({a: 1n, b: 1n, c: 1n}));
  const deliver = (programId: string) => custodian.addTriples(programId, new Map([["m", triples]]), null);
  deliver("a");
  deliver("b");
  expect(() => deliver("c")).toThrow(refused("TRIPLE_POOL_FULL"));
  expect(deliver(PROGRAM.programId)).toBe(5);
  custodian.retire("a");
  expect(deliver("c")).toBe(5);
});

test("a batch is resolved as a whole, with the shares of enough peers", () => {
  const custodian = installed();
  begin(custodian, "r");
  expect(() => custodian.resolveHeld("r", PRODUCTS)).toThrow(refused("PEER_SHARES_MISSING"));
  custodian.receive("r", from(2n), 0);
  expect(() => custodian.resolveHeld("r", ["other"])).toThrow(refused("PRODUCT_NOT_PENDING"));
  expect(() => custodian.resolveHeld("r", PRODUCTS.slice(0, 1))).toThrow(refused("PRODUCT_UNRESOLVED"));
});

test("a request id is good for one evaluation at a time, and an unknown one for none", () => {
  const custodian = installed();
  begin(custodian, "r");
  expect(() => begin(custodian, "r")).toThrow(refused("REQUEST_ID_USED"));
  expect(() => custodian.resolveHeld("s", PRODUCTS)).toThrow(refused("EVALUATION_NOT_FOUND"));
});

test("a share of another x is kept for nobody who reads it", () => {
  const custodian = installed();
  const secret = packProgram(compile("secret s\ninput x\nadd y = s x\noutput y"));
  const share = () => custodian.setShare({programId: secret.programId}, {x: 2n, y: 1n}, secret);
  expect(share).toThrow(refused("SHARE_FOREIGN"));
  expect(() => custodian.dealRefresh({programId: secret.programId}, {targets: [1n], k: 2})).toThrow(
    refused("SHARE_NOT_FOUND"),
  );
  expect(() => custodian.interpolationTerm({programId: PROGRAM.programId}, 0n, [1n, 2n])).toThrow(
    refused("TARGET_FORBIDDEN"),
  );
});
