/** When a custodian asks others for evidence, how long that stands, and what it answers, by a clock of the test's. */
import {beforeEach, describe, expect, test} from "vitest";
import {sharedNonce} from "../../../../src/codecs/quorum/strict/attestation.js";
import {custodianStatus} from "../../../../src/codecs/quorum/strict/calls.js";
import {type Roster, roster} from "../../../../src/codecs/quorum/strict/roster.js";
import {UnavailableError} from "../../../../src/errors.js";
import {Attestor} from "../../../../src/node/custody/attestation/attestor.js";
import {Party} from "../../../../src/node/custody/party.js";
import {Members} from "../../../../src/node/quorum/strict/members.js";
import {loadPartySuite} from "../../../../src/node/quorum-strict.js";
import {BAD, GOOD, Machine, policyOf, softwareSigner} from "../../../support/machines.js";

const AGE_S = 600;
const SESSION = new Uint8Array(32).fill(6);
const LOG = {debug() {}, info() {}, warn() {}, error() {}};
const suite = await loadPartySuite();
const signer = await softwareSigner();
const parties = [1, 2, 3].map((fill) => new Party(new Uint8Array(32).fill(fill), suite));
const content: Roster = {
  ...{quorum: new Uint8Array(32), epoch: 1, previous: null, threshold: 2, approvalOrganisations: 1},
  attestation: policyOf(signer, AGE_S),
  custodians: parties.map((each, at) => ({
    ...{card: each.card(`custodian-${at}`), address: `127.0.0.1:${9_000 + at}`, organisation: ""},
  })),
  coordinators: [],
  clients: [],
};
const bytes = roster.encode(content);
const signatures = parties.map((each, place) => ({place, signature: each.sign(bytes)}));
const members = Members.of({content, signatures}, suite.statements.verify);

let nowMs = 0;
let drawn = 0;
let reachable = true;
let machine: Machine;
let other: Attestor;
let own: Attestor;

type Asks = (place: number) => Attestor | Promise<Attestor>;
const nobody: Asks = () => Promise.reject(new UnavailableError("PEER_UNREACHABLE", "it asks nobody"));
const attestorAt = (place: number, driver: Machine | null, asks = nobody): Attestor =>
  new Attestor({
    ...{members, place, driver, verify: suite.statements.verify, log: LOG},
    sign: (message) => parties[place]!.sign(message),
    random: () => new Uint8Array(32).fill(++drawn),
    nowMs: () => nowMs,
    async ask(to, nonce) {
      if (!reachable) throw new UnavailableError("CALL_TIMEOUT", "no answer");
      return {signed: await (await asks(to)).show(nonce, SESSION), session: SESSION};
    },
  });

beforeEach(() => {
  nowMs = 1_700_000_000_000;
  reachable = true;
  machine = new Machine(signer);
  other = attestorAt(1, machine);
  own = attestorAt(0, new Machine(signer), () => other);
});
const pass = (seconds: number): void => {
  nowMs += seconds * 1_000;
};
const code = (value: string) => expect.objectContaining({code: value});

describe("what another custodian showed", () => {
  test("stands until its age ends, and then it is asked again", async () => {
    await own.demand([1]);
    pass(AGE_S - 1);
    await own.demand([1]);
    expect(machine.reports).toBe(1);
    pass(1);
    expect(own.standings()[0]).toMatchObject({custodian: 1, kind: null, validUntilMs: 0n});
    await own.demand([1]);
    expect(machine.reports).toBe(2);
  });

  test("is asked for once where several want it at a time", async () => {
    await Promise.all([own.demand([1]), own.demand([1]), own.renew([1])]);
    expect(machine.reports).toBe(1);
  });

  test("is renewed once half of its age is over, and not before", async () => {
    await own.demand([1]);
    pass(AGE_S / 2 - 1);
    await own.renew([1]);
    expect(machine.reports).toBe(1);
    pass(1);
    await own.renew([1]);
    expect(machine.reports).toBe(2);
  });

  test("stands on where the other does not answer, and ends where it shows something else", async () => {
    await own.demand([1]);
    pass(AGE_S / 2);
    reachable = false;
    await own.renew([1]);
    await own.demand([1]);
    expect(own.standings()[0]).toMatchObject({
      kind: "insecure-software",
      refusal: expect.stringContaining("no answer"),
    });
    reachable = true;
    machine.runs = BAD;
    await own.renew([1]);
    await expect(own.demand([1])).rejects.toThrow(code("ATTESTATION_REJECTED"));
    expect(own.refusals).toBe(3);
    machine.runs = GOOD;
    await own.demand([1]);
  });

  test("ends where nobody answers until its age is over", async () => {
    await own.demand([1]);
    reachable = false;
    pass(AGE_S);
    await expect(own.demand([1])).rejects.toThrow(code("ATTESTATION_REQUIRED"));
  });

  test("is forgotten with the connection", async () => {
    await own.demand([1]);
    own.forget(1);
    expect(own.standings()[0]).toMatchObject({kind: null});
    await own.demand([1]);
    expect(machine.reports).toBe(2);
  });
});

test.each(["", "x"])("whatever another refuses with (%s), its standing can be told", async (first) => {
  const long = new UnavailableError("CALL_TIMEOUT", `${first}${"\u{1f512}".repeat(600)}`);
  const asking = attestorAt(0, new Machine(signer), () => Promise.reject(long));
  await expect(asking.demand([1])).rejects.toThrow(code("ATTESTATION_REQUIRED"));
  const numbers = {epoch: 1n, pending: 0n, run: 1n, nextTriple: 0n, nextMask: 0n};
  const status = {...numbers, triples: [], masks: [], programs: [], attestation: asking.standings()};
  expect(custodianStatus.decode(custodianStatus.encode(status))).toEqual(status);
});

describe("while another custodian is asked", () => {
  let answer: () => void;
  let slow: Attestor;
  beforeEach(() => {
    const third = attestorAt(2, new Machine(signer));
    const later = new Promise<void>((resolve) => {
      answer = resolve;
    });
    slow = attestorAt(0, new Machine(signer), (to) => (to === 1 ? other : later.then(() => third)));
  });

  test("what it says when its connection has ended stands for nobody", async () => {
    const asked = slow.demand([2]);
    slow.forget(2);
    answer();
    await expect(asked).rejects.toThrow(code("ATTESTATION_REQUIRED"));
    expect(slow.standings()[1]).toMatchObject({custodian: 2, kind: null, refusal: ""});
  });

  test("what a third showed may end, with its connection or its time", async () => {
    await slow.demand([1]);
    const cut = slow.demand([1, 2]);
    slow.forget(1);
    answer();
    const gone = {code: "ATTESTATION_REQUIRED", message: expect.stringContaining("custodian-1 gave no evidence")};
    await expect(cut).rejects.toThrow(expect.objectContaining(gone));
    await slow.demand([1, 2]);
  });
});

describe("evidence of the next custodians", () => {
  const shown = async (nonces: readonly Uint8Array[]) => {
    const nonce = sharedNonce(nonces);
    const all = [0, 1, 2].map((place) => attestorAt(place, new Machine(signer)).show(nonce, null));
    return {nonces, attestations: await Promise.all(all)};
  };

  test("is good once, for ten minutes, and for one of the last 64 nonces", async () => {
    const given = await shown([new Uint8Array(32), own.challenge()]);
    own.checkNext(members, given);
    expect(() => own.checkNext(members, given)).toThrow(code("ATTESTATION_REJECTED"));
    const late = await shown([own.challenge()]);
    pass(601);
    expect(() => own.checkNext(members, late)).toThrow("no nonce of this custodian");
    const nonce = own.challenge();
    for (let more = 0; more < 64; more++) own.challenge();
    const crowded = await shown([nonce]);
    expect(() => own.checkNext(members, crowded)).toThrow("no nonce of this custodian");
  });
});

test("reports that coordinators ask for keep no custodian from getting one", async () => {
  const nonce = new Uint8Array(32);
  const busy = (asked: readonly Promise<unknown>[]) =>
    Promise.allSettled(asked).then((all) =>
      all.flatMap((each) => (each.status === "rejected" ? [(each.reason as UnavailableError).code] : [])),
    );
  const carried = Array.from({length: 33}, () => other.show(nonce, null));
  const asked = Array.from({length: 65}, () => other.show(nonce, SESSION));
  expect([await busy(carried), await busy(asked)]).toEqual([["ATTESTATION_BUSY"], ["ATTESTATION_BUSY"]]);
  await expect(attestorAt(1, null).show(nonce, null)).rejects.toThrow(code("ATTESTATION_REQUIRED"));
});
