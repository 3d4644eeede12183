/** Custodians that demand evidence of each other's machines, over sealed channels on loopback. */
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {packProgram} from "../../../src/codecs/quorum/program-package.js";
import {type SharedAttestations, sharedNonce} from "../../../src/codecs/quorum/strict/attestation.js";
import {rosterFile} from "../../../src/codecs/quorum/strict/roster.js";
import type {StrictClient} from "../../../src/node/custody/client.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {evaluate} from "../../../src/node/quorum/program/evaluate.js";
import {startStrictCustodian} from "../../../src/node/quorum-strict.js";
import {deskOf, keystoreOf} from "../../commands/against-node.js";
import {BAD, GOOD, Machine, policyOf, softwareSigner} from "../../support/machines.js";
import {StrictQuorum} from "../../support/strict-quorum.js";

const pack = (source: string) =>
  packProgram(compile(source), {policy: {budgetPerIdentity: 9n, maxEvalsPerMinute: 100n}});
const score = pack("input x\nsecret w\nmul p = x w\noutput p");
const later = pack("input x\nsecret v\nmul p = x v\nadd s = p x\noutput s");
const SECRETS = new Map([
  ["w", 1_000n],
  ["v", 13n],
]);
const inputs = new Map([["x", 5n]]);
const code = (value: string) => expect.objectContaining({code: value});
const naming = (value: string, name: string) =>
  expect.objectContaining({code: value, message: expect.stringContaining(name)});

const signer = await softwareSigner();
let quorum: StrictQuorum;
let machines: Machine[];

const started = async (shape: Partial<Parameters<typeof StrictQuorum.create>[0]> = {}) => {
  const made = await StrictQuorum.create({n: 3, k: 2, attestation: policyOf(signer), ...shape});
  made.drivers.push(...Array.from({length: made.members.n}, () => new Machine(signer)));
  await made.start();
  return made;
};
const at = async <T>(connecting: Promise<StrictClient>, work: (client: StrictClient) => Promise<T>): Promise<T> => {
  const client = await connecting;
  return work(client).finally(() => client.close());
};
/** The machine of custodian 2 runs something else once it has passed its own check. */
const changed = async (runs: typeof GOOD | null, of = quorum): Promise<void> => {
  const machine = of.drivers[2] as Machine;
  await of.stopCustodian(2);
  machine.runs = GOOD;
  machine.afterwards = {reports: machine.reports + 1, runs};
  await of.startCustodian(2);
  await of.settled(3);
};

beforeAll(async () => {
  quorum = await started();
  machines = quorum.drivers as Machine[];
  await at(quorum.client(0), (client) => client.deploy(score, SECRETS));
  for (const place of [0, 1])
    await at(quorum.operator(place), (operator) => operator.approve(score, BigInt(Date.now() + 86_400_000)));
});
afterAll(() => quorum.stop());

const evaluated = () => at(quorum.client(0), (client) => client.evaluate(score, inputs));
const sharingsOf = async (place: number): Promise<readonly bigint[]> => {
  const {statuses} = await at(quorum.client(0), (client) => client.call("custodians", {}));
  return statuses[place]!.programs.map(({sharing}) => sharing);
};

describe("a roster that demands attestation", () => {
  test("custodians that all show it make keys, share secrets and evaluate, and say how the others stand", async () => {
    expect([...(await evaluated()).outputs]).toEqual([...evaluate(score.ir, {inputs, secrets: SECRETS})]);
    const {statuses} = await at(quorum.client(0), (client) => client.call("custodians", {}));
    const others = {kind: "insecure-software", measurement: GOOD.measurement, refusal: ""};
    expect(statuses[0]!.attestation).toMatchObject([
      {custodian: 1, ...others},
      {custodian: 2, ...others},
    ]);
    expect(statuses[0]!.attestation[0]!.validUntilMs).toBeGreaterThan(Date.now());
  });

  test("evidence is asked for once while it stands, and again on another connection", async () => {
    const before = machines[1]!.reports;
    await at(quorum.operator(0), (operator) => operator.call("stock", {triples: 10, masks: 10}));
    expect(machines[1]!.reports).toBe(before);
    await quorum.stopCustodian(2);
    await quorum.startCustodian(2);
    await quorum.settled(3);
    await at(quorum.operator(0), (operator) => operator.call("stock", {triples: 10, masks: 10}));
    expect(machines[1]!.reports).toBe(before + 1);
  });

  test("a custodian that runs something else gets no shares, keys or stock, and is named", async () => {
    await changed(BAD);
    const rejected = naming("ATTESTATION_REJECTED", "custodian-2: measurement 0202");
    const held = await sharingsOf(2);
    await expect(at(quorum.operator(0), (operator) => operator.call("refresh", {recovering: []}))).rejects.toThrow(
      rejected,
    );
    await expect(at(quorum.operator(0), (operator) => operator.call("stock", {triples: 10, masks: 0}))).rejects.toThrow(
      rejected,
    );
    await expect(at(quorum.client(0), (client) => client.deploy(later, SECRETS))).rejects.toThrow(rejected);
    expect(await sharingsOf(2)).toEqual(held);
    const {statuses} = await at(quorum.client(0), (client) => client.call("custodians", {}));
    expect(statuses[0]!.attestation[1]).toMatchObject({custodian: 2, kind: null, validUntilMs: 0n});
    expect(statuses[0]!.attestation[1]!.refusal).toContain("custodian-2: measurement 0202");
  });

  test("whatever an owner does not ask, custodians do", async () => {
    const careless = await quorum.client(0);
    onTestFinished(() => careless.close());
    Object.assign(careless.evidence, {demand: async () => undefined});
    await expect(careless.deploy(later, SECRETS)).rejects.toThrow(naming("ATTESTATION_REJECTED", "custodian-2"));
    expect((await sharingsOf(2)).filter((run) => run > 0n)).toHaveLength(1);
  });

  test("fewer than K that are not what they should be keep nobody from evaluating", async () => {
    expect((await evaluated()).outputs.get("p")).toBe(5_000n);
    machines[1]!.runs = BAD;
    await expect(evaluated()).rejects.toThrow(naming("ATTESTATION_REJECTED", "custodian-1"));
    machines[1]!.runs = GOOD;
  });

  test("a custodian that shows nothing is named too, and is in again when it does", async () => {
    await changed(null);
    const operator = await quorum.operator(0);
    onTestFinished(() => operator.close());
    await expect(operator.call("refresh", {recovering: []})).rejects.toThrow(
      naming("ATTESTATION_REQUIRED", "custodian-2"),
    );
    await expect(at(quorum.client(0), (client) => client.deploy(later, SECRETS))).rejects.toThrow(
      naming("ATTESTATION_REQUIRED", "custodian-2"),
    );
    machines[2]!.afterwards = null;
    machines[2]!.runs = GOOD;
    await operator.call("refresh", {recovering: []});
    await at(quorum.client(0), (client) => client.deploy(later, SECRETS));
    expect((await sharingsOf(2)).filter((run) => run > 0n)).toHaveLength(2);
  });
});

describe("a custodian does not start", () => {
  const start = (driver: Machine | null) =>
    startStrictCustodian({...quorum.options("nobody"), seed: quorum.keys.custodians[2]!, driver});

  test("without a driver, or on a machine that the others would refuse", async () => {
    await expect(start(null)).rejects.toThrow(code("ATTESTATION_DRIVER_REQUIRED"));
    const machine = new Machine(signer);
    machine.runs = BAD;
    await expect(start(machine)).rejects.toThrow(naming("ATTESTATION_REJECTED", "custodian-2: measurement"));
    machine.runs = null;
    await expect(start(machine)).rejects.toThrow(code("ATTESTATION_UNAVAILABLE"));
    await expect(start(new Machine(await softwareSigner(8)))).rejects.toThrow(
      naming("ATTESTATION_REJECTED", "which the roster does not name"),
    );
  });
});

describe("a rotation to a roster that demands attestation", () => {
  let next: StrictQuorum;
  beforeAll(async () => {
    next = await started({after: quorum, agreed: [0, 1]});
  });
  afterAll(() => next.stop());

  const shown = async (nonce = sharedNonce): Promise<SharedAttestations> => {
    const {nonces} = await at(quorum.operator(0), (operator) => operator.call("challenge", {}));
    const {attestations} = await at(next.operator(0), (operator) => operator.call("attest", {nonce: nonce(nonces)}));
    return {nonces, attestations: attestations.filter((each) => each !== null)};
  };
  const handedOver = (given: SharedAttestations | null) =>
    at(quorum.operator(0), (operator) => operator.call("handover", {next: next.roster, without: [], shown: given}));

  test("nothing is handed over without evidence of each of the next custodians, for nonces of the present ones", async () => {
    await expect(handedOver(null)).rejects.toThrow(code("ATTESTATION_REQUIRED"));
    const given = await shown();
    const [, ...others] = given.attestations;
    await expect(handedOver({...given, attestations: others})).rejects.toThrow(
      naming("ATTESTATION_REQUIRED", "custodian-0"),
    );
    // Their nonces are used up, whatever came with them.
    await expect(handedOver(given)).rejects.toThrow(naming("ATTESTATION_REJECTED", "no nonce of this custodian"));
    await expect(handedOver(await shown(() => new Uint8Array(32)))).rejects.toThrow(
      naming("ATTESTATION_REJECTED", "another nonce"),
    );
    const machine = next.drivers[1] as Machine;
    machine.runs = BAD;
    await expect(handedOver(await shown())).rejects.toThrow(naming("ATTESTATION_REJECTED", "custodian-1: measurement"));
    machine.runs = GOOD;
    expect((await handedOver(await shown())).handovers).toHaveLength(3);
  });

  test("nor is anything taken over together with one that runs something else", async () => {
    const {handovers, packages} = await handedOver(await shown());
    await at(next.operator(0), (operator) => operator.call("refresh", {recovering: []}));
    await changed(BAD, next);
    const payload = {previous: quorum.roster, next: next.roster, handovers};
    await expect(at(next.operator(0), (operator) => operator.call("takeover", {payload, packages}))).rejects.toThrow(
      naming("ATTESTATION_REJECTED", "custodian-2"),
    );
    Object.assign(next.drivers[2]!, {runs: GOOD, afterwards: null});
  });

  test("qsdm quorum rotate carries nonces and evidence, and old custodians erase what they handed over", async () => {
    const rotating = deskOf("http://127.0.0.1:1", await keystoreOf("owner"), {
      ...{"/old.roster": rosterFile.encode(quorum.roster), "/next.roster": rosterFile.encode(next.roster)},
      ...{"/old.key": `${hexOf(quorum.keys.custodians[0]!)}\n`, "/next.key": `${hexOf(next.keys.custodians[0]!)}\n`},
    });
    const rotate = async () => {
      const line =
        "quorum rotate --roster /old.roster --key /old.key --to /next.roster --to-key /next.key --yes --json";
      return JSON.parse((await rotating.qsdm(line)).out);
    };
    const machine = next.drivers[2] as Machine;
    machine.runs = BAD;
    expect(await rotate()).toMatchObject({ok: false, error: {code: "ATTESTATION_REJECTED"}});
    machine.runs = GOOD;
    const rotated = await rotate();
    expect(rotated, JSON.stringify(rotated)).toMatchObject({ok: true, data: {programs: 2}});
    expect(rotated.data.erased).toHaveLength(3);
    expect(rotated.warnings).toContainEqual(expect.stringMatching(/^INSECURE: /));
  });

  test("a client asks for no nonces", async () => {
    await expect(at(quorum.client(0), (client) => client.call("challenge", {}))).rejects.toThrow(
      code("METHOD_REFUSED"),
    );
  });
});

test("evidence comes by way of another coordinator where the first is gone", async () => {
  const two = await started({coordinators: 2});
  onTestFinished(() => two.stop());
  await at(two.client(0), async (client) => {
    await two.stopCoordinator(0);
    await client.evidence.demand(3);
    expect(client.coordinator).toBe("coordinator-1");
  });
});

test("where a roster demands nothing, nothing is said of its custodians", async () => {
  const plain = await StrictQuorum.create({n: 3, k: 2});
  onTestFinished(() => plain.stop());
  await plain.start();
  await at(plain.client(0), async (client) => {
    await expect(client.evidence.look()).rejects.toThrow(code("ROSTER_WITHOUT_ATTESTATION"));
    const {statuses} = await client.call("custodians", {});
    expect(statuses.map((each) => each!.attestation)).toEqual([[], [], []]);
  });
});
