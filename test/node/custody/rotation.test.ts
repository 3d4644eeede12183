/** Secrets that go from two of three custodians to three of five, over sealed channels on loopback. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {encodeElements} from "../../../src/codecs/quorum/element.js";
import {packProgram} from "../../../src/codecs/quorum/program-package.js";
import type {Answer, Ask, CoordinatorMethods} from "../../../src/codecs/quorum/strict/calls.js";
import {roster, rosterFile} from "../../../src/codecs/quorum/strict/roster.js";
import {erasure, handover} from "../../../src/codecs/quorum/strict/rotation.js";
import {sign} from "../../../src/codecs/quorum/strict/statement.js";
import type {StrictClient} from "../../../src/node/custody/client.js";
import {sealTo} from "../../../src/node/custody/party.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {evaluate} from "../../../src/node/quorum/program/evaluate.js";
import {erasedBy, handoverBound, type SignedHandover} from "../../../src/node/quorum/strict/handover.js";
import {startStrictCoordinator, startStrictCustodian} from "../../../src/node/quorum-strict.js";
import {deskOf, keystoreOf} from "../../commands/against-node.js";
import {StrictQuorum} from "../../support/strict-quorum.js";

const pack = (source: string) =>
  packProgram(compile(source), {policy: {budgetPerIdentity: 9n, maxEvalsPerMinute: 100n}});
const score = pack("input x\nsecret w\nsecret b\nmul p = x w\nadd s = p b\noutput s");
const other = pack("input x\nsecret v\nmul p = x v\noutput p");
/** More comparisons than three of five custodians make triples for, and fewer than two of three. */
const costly = pack(
  `input x\nsecret v\n${Array.from({length: 400}, (_, at) => `lt y${at} = x v\n`).join("")}output y0`,
);
const SECRETS = new Map([
  ["w", 1_000n],
  ["b", 77n],
  ["v", 13n],
]);
const inputs = new Map([["x", 5n]]);
const code = (value: string) => expect.objectContaining({code: value});

let old: StrictQuorum;
let next: StrictQuorum;

async function activate(quorum: StrictQuorum): Promise<void> {
  for (const place of Array.from({length: quorum.members.k}, (_, at) => at)) {
    const operator = await quorum.operator(place);
    for (const program of [score, other]) await operator.approve(program, BigInt(Date.now() + 86_400_000));
    operator.close();
  }
}

async function results(quorum: StrictQuorum): Promise<unknown[]> {
  const client = await quorum.client(0);
  const outputs = [];
  for (const program of [score, other]) outputs.push([...(await client.evaluate(program, inputs)).outputs]);
  client.close();
  return outputs;
}
const right = [score, other].map(({ir}) => [...evaluate(ir, {inputs, secrets: SECRETS})]);

beforeAll(async () => {
  old = await StrictQuorum.create({n: 3, k: 2});
  next = await StrictQuorum.create({n: 5, k: 3, after: old, agreed: [0, 2]});
  await Promise.all([old.start(), next.start()]);
  const client = await old.client(0);
  for (const program of [score, other]) await client.deploy(program, SECRETS);
  client.close();
  await activate(old);
});
afterAll(async () => {
  await old.stop();
  await next.stop();
});

type Given = Answer<CoordinatorMethods["handover"]>;

describe("two rosters of one quorum", () => {
  const handedOver = async (to = next): Promise<Given> => {
    const operator = await old.operator(0);
    try {
      return await operator.call("handover", {next: to.roster, without: [], shown: null});
    } finally {
      operator.close();
    }
  };
  const takenOver = async (given: Given, change: Partial<Ask<CoordinatorMethods["takeover"]>["payload"]> = {}) => {
    const operator: StrictClient = await next.operator(0);
    const payload = {previous: old.roster, next: next.roster, handovers: given.handovers, ...change};
    try {
      return await operator.call("takeover", {payload, packages: given.packages});
    } finally {
      operator.close();
    }
  };
  /** What custodian 1 of the old ones would hand over if it had other shares. */
  const bent = ({content}: SignedHandover): SignedHandover => {
    const boxes = next.roster.content.custodians.map(({card}, to) =>
      sealTo(old.parties.custodians[1]!.suite, card.sealingKey, {
        // The same at every custodian: polynomials of degree 0.
        plaintext: encodeElements([4n, 5n, 6n, 7n]),
        bound: handoverBound(content, 1, to),
      }),
    );
    return sign(handover, {...content, boxes}, (message) => old.parties.custodians[1]!.sign(message));
  };

  test("are not between those who did not agree, of another quorum, or out of order", async () => {
    const refused = async (to: StrictQuorum): Promise<void> => {
      await expect(handedOver(to)).rejects.toThrow(code("SUCCESSION_INVALID"));
      await to.stop();
    };
    await refused(await StrictQuorum.create({n: 3, k: 2, after: old, agreed: [1]}));
    await refused(await StrictQuorum.create({n: 3, k: 2}));
    await refused(await StrictQuorum.create({n: 3, k: 2, after: next, agreed: [0, 1, 2]}));
    const client = await old.client(0);
    await expect(client.call("handover", {next: next.roster, without: [], shown: null})).rejects.toThrow(
      code("METHOD_REFUSED"),
    );
    client.close();
  });

  test("take nothing over that was bent, that is of too few, or that nobody signed", async () => {
    const given = await handedOver();
    expect(given.handovers).toHaveLength(3);
    const [first, second, third] = given.handovers as [SignedHandover, SignedHandover, SignedHandover];
    const invalid = code("HANDOVER_INVALID");
    await expect(takenOver(given, {handovers: [first, second]})).rejects.toThrow(invalid);
    await expect(takenOver(given, {handovers: [first, first, third]})).rejects.toThrow(invalid);
    const forged = {...second, signature: first.signature};
    await expect(takenOver(given, {handovers: [first, forged, third]})).rejects.toThrow(invalid);
    const unsure = {...next.roster, approvals: next.roster.approvals.slice(1)};
    await expect(takenOver(given, {next: unsure})).rejects.toThrow(code("SUCCESSION_INVALID"));
    await expect(takenOver(given, {handovers: [first, bent(second), third]})).rejects.toThrow(code("HANDOVER_WRONG"));
    // What hid these was shown once.
    await expect(takenOver(given)).rejects.toThrow(code("JOB_INVALID"));
    const again = await handedOver();
    const mixed = {handovers: [first, ...again.handovers.slice(1)]};
    await expect(takenOver(again, mixed)).rejects.toThrow(invalid);
    expect(await results(old)).toEqual(right);
  });

  test("hand over by one command, and the old custodians have nothing left", async () => {
    const files = {
      "/old.roster": rosterFile.encode(old.roster),
      "/next.roster": rosterFile.encode(next.roster),
      "/old.key": `${hexOf(old.keys.custodians[0]!)}\n`,
      "/next.key": `${hexOf(next.keys.custodians[0]!)}\n`,
    };
    const desk = deskOf("http://127.0.0.1:1", await keystoreOf("owner"), files);
    const rotate = async (line: string) =>
      JSON.parse((await desk.qsdm(`quorum rotate --roster /old.roster --key /old.key ${line} --yes --json`)).out);
    expect(await rotate("")).toMatchObject({error: {code: "NEXT_ROSTER_REQUIRED"}});
    const to = "--to /next.roster --to-key /next.key";
    expect(await rotate(`${to} --without nobody`)).toMatchObject({error: {code: "CUSTODIAN_UNKNOWN"}});
    const owner = await old.client(0);
    await owner.deploy(costly, SECRETS);
    owner.close();
    const tooCostly = await rotate(to);
    expect(tooCostly).toMatchObject({error: {code: "PROGRAM_TOO_COSTLY"}});
    expect(tooCostly.error.message).toContain(costly.programId);
    const without = `${to} --without ${costly.programId}`;
    expect(await rotate(without)).toMatchObject({error: {code: "PROGRAM_NOT_SUSPENDED"}});
    for (const place of [0, 1]) {
      const operator = await old.operator(place);
      await operator.suspend(costly, true);
      operator.close();
    }
    const rotated = await rotate(without);
    expect(rotated, JSON.stringify(rotated)).toMatchObject({
      ok: true,
      data: {
        ...{programs: 2, left_behind: [costly.programId], handed_over: 3},
        erased: ["custodian-0", "custodian-1", "custodian-2"],
      },
    });
    const client = await old.client(0);
    await expect(client.evaluate(score, inputs)).rejects.toThrow(code("RETIRED"));
    client.close();
    await expect(handedOver()).rejects.toThrow(code("RETIRED"));
    await activate(next);
    expect(await results(next)).toEqual(right);
    await next.stopCustodian(4);
    expect(await results(next)).toEqual(right);
  });

  test("erase nothing for a job that took over nothing", async () => {
    const operator = await next.operator(0);
    await next.startCustodian(4);
    await next.settled(5);
    const after = await StrictQuorum.create({n: 3, k: 2, after: next, agreed: [0, 1, 2]});
    const {handovers, packages} = await operator.call("handover", {next: after.roster, without: [], shown: null});
    expect([handovers.length, packages.length]).toEqual([5, 2]);
    const certificate = {
      job: {
        ...({roster: after.members.digest, kind: "takeover", run: 1n, epoch: 1n, participants: [0, 1, 2]} as const),
        payload: new Uint8Array(),
      },
      acknowledgements: [],
    };
    await expect(operator.call("retire", {next: after.roster, certificate})).rejects.toThrow(
      code("CERTIFICATE_INVALID"),
    );
    operator.close();
    await after.stop();
    expect(await results(next)).toEqual(right);
  });
});

test("what is kept of one roster is no other's, also where all its custodians signed that", async () => {
  const {content} = old.roster;
  // Bob is out, by the same custodians' signatures: nobody agreed to it as to a roster that follows.
  const other = {...content, clients: content.clients.slice(0, 1)};
  const signatures = old.parties.custodians.map((each, place) => ({place, signature: each.sign(roster.encode(other))}));
  const given = {roster: {content: other, signatures, approvals: []}};
  await old.stopCustodian(0);
  await old.coordinator!.stop();
  const changed = code("ROSTER_CHANGED");
  const custodian = {...old.options("custodian-0"), seed: old.keys.custodians[0]!};
  await expect(startStrictCustodian({...custodian, ...given})).rejects.toThrow(changed);
  const timing = {checkpointMs: 60_000, lowWater: {triple: 1, mask: 1}};
  const coordinator = {...old.options("coordinator"), seed: old.keys.coordinator, ...timing};
  await expect(startStrictCoordinator({...coordinator, ...given})).rejects.toThrow(changed);
  // Nothing of it is locked, and it is what it was.
  await old.startCustodian(0);
  await old.startCoordinator();
});

test("whoever erased what another rotation handed over has erased nothing of this one", () => {
  const [from, to] = [old.members, next.members];
  const {verify} = old.parties.custodians[0]!;
  const signed = (custodian: number, by = custodian, change: {from?: Uint8Array; to?: Uint8Array} = {}) => {
    const content = {...{from: from.digest, to: to.digest, custodian, timeMs: 1n}, ...change};
    return sign(erasure, content, (message) => old.parties.custodians[by]!.sign(message));
  };
  expect(erasedBy([signed(0), signed(2)], {from, to, verify})).toEqual([0, 2]);
  const others = [signed(0, 0, {from: to.digest}), signed(1, 1, {to: from.digest}), signed(2, 1)];
  expect(erasedBy(others, {from, to, verify})).toEqual([]);
});
