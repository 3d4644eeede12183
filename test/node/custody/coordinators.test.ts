/** Two coordinators of one roster at once, of whom nobody trusts either. */
import {afterAll, beforeAll, describe, expect, onTestFinished, test, vi} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {type ProgramPackage, packProgram} from "../../../src/codecs/quorum/program-package.js";
import {custodianMethods} from "../../../src/codecs/quorum/strict/calls.js";
import {type Job, stockPayload} from "../../../src/codecs/quorum/strict/job.js";
import {rosterFile} from "../../../src/codecs/quorum/strict/roster.js";
import {sign} from "../../../src/codecs/quorum/strict/statement.js";
import {maskRequest} from "../../../src/codecs/quorum/strict/statements.js";
import {UnavailableError} from "../../../src/errors.js";
import type {StrictClient} from "../../../src/node/custody/client.js";
import {auditLog} from "../../../src/node/custody/log-audit.js";
import {Party} from "../../../src/node/custody/party.js";
import {Rpc} from "../../../src/node/custody/rpc.js";
import {dial, parseAddress} from "../../../src/node/network/channel/endpoint.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {loadPartySuite} from "../../../src/node/quorum-strict.js";
import {deskOf} from "../../commands/against-node.js";
import {random, StrictQuorum} from "../../support/strict-quorum.js";

const SOURCE = "input x\nsecret w\nmul y = x w\noutput y";
const SECRETS = new Map([["w", 21n]]);
const programOf = (budgetPerIdentity: bigint, source = SOURCE): ProgramPackage =>
  packProgram(compile(source), {policy: {budgetPerIdentity, maxEvalsPerMinute: 1_000n}});
const refusal = (code: string) => expect.objectContaining({code});
const tomorrow = (): bigint => BigInt(Date.now() + 86_400_000);

describe("two coordinators of three custodians", () => {
  let quorum: StrictQuorum;
  const program = programOf(500n);
  beforeAll(async () => {
    quorum = await StrictQuorum.create({n: 3, k: 2, coordinators: 2, standbyMs: 500});
    await quorum.start();
  });
  afterAll(() => quorum.stop());

  const as = async <T>(client: Promise<StrictClient>, work: (client: StrictClient) => Promise<T>): Promise<T> => {
    const connected = await client;
    return work(connected).finally(() => connected.close());
  };
  const value = async (client: StrictClient, x: bigint, of = program) =>
    (await client.evaluate(of, new Map([["x", x]]))).outputs.get("y");
  const approve = async (of: ProgramPackage, coordinator: number): Promise<void> => {
    for (const place of [0, 1]) await as(quorum.operator(place, coordinator), (each) => each.approve(of, tomorrow()));
  };

  const ownDesk = () => {
    const keyFiles = (name: string, keys: readonly Uint8Array[]): Record<string, string> =>
      Object.fromEntries(keys.map((key, at) => [`/${name}-${at}.key`, `${hexOf(key)}\n`]));
    const {clients, custodians} = quorum.keys;
    const roster = {"/quorum.roster": rosterFile.encode(quorum.roster)};
    const files = {...roster, ...keyFiles("client", clients), ...keyFiles("custodian", custodians)};
    return deskOf("http://127.0.0.1:1", new Uint8Array(), files);
  };

  test("a program that was brought and approved through one is known to the other", async () => {
    await as(quorum.client(0, 0), (client) => client.deploy(program, SECRETS));
    // Keys are there by now, and nobody has asked the second for anything.
    const figures = () => quorum.coordinators[1]!.registry.metrics();
    for (const kind of ["triple", "mask"])
      await expect.poll(figures).toMatch(new RegExp(`^qsdm_quorum_pool\\{kind="${kind}"\\} [1-9]`, "m"));
    await expect(as(quorum.client(1, 1), (client) => value(client, 2n))).rejects.toThrow(refusal("PROGRAM_INACTIVE"));
    await approve(program, 0);
    expect(await as(quorum.client(1, 1), (client) => value(client, 2n))).toBe(42n);
    expect((await as(quorum.client(1, 1), (client) => client.program(program.programId))).programId).toBe(
      program.programId,
    );
  });

  test("evaluations through both at once each give their result, and neither takes the other's stock", async () => {
    const clients = [await quorum.client(0, 0), await quorum.client(1, 1)];
    onTestFinished(() => {
      for (const client of clients) client.close();
    });
    const rounds = Array.from({length: 6}, (_, round) => BigInt(4 * round));
    for (const from of rounds) {
      const all = clients.flatMap((client) => [0n, 1n, 2n, 3n].map((x) => value(client, from + x)));
      const each = [0n, 1n, 2n, 3n].map((x) => 21n * (from + x));
      expect(await Promise.all(all)).toEqual([...each, ...each]);
    }
    for (const coordinator of quorum.coordinators) {
      const figures = await coordinator!.registry.metrics();
      expect(figures).toContain("qsdm_quorum_aborts_total 0\n");
    }
  });

  test("what all custodians do together is done by one after the other, whoever asks", async () => {
    const operators = [await quorum.operator(0, 0), await quorum.operator(1, 1)];
    const clients = [await quorum.client(0, 0), await quorum.client(1, 1)];
    onTestFinished(() => {
      for (const each of [...operators, ...clients]) each.close();
    });
    const both = programOf(9n, "input x\nsecret w\nadd y = x w\noutput y");
    const other = programOf(9n, "input x\nsecret w\nsub y = x w\noutput y");
    const [first, second, one, two, ...epochs] = await Promise.allSettled([
      clients[0]!.deploy(both, SECRETS),
      clients[1]!.deploy(both, SECRETS),
      clients[1]!.deploy(other, SECRETS),
      operators[0]!.call("stock", {triples: 200, masks: 50}),
      operators[0]!.call("refresh", {recovering: []}),
      operators[1]!.call("refresh", {recovering: []}),
    ]);
    expect([first!.status, second!.status].sort()).toEqual(["fulfilled", "rejected"]);
    for (const each of [first!, second!])
      if (each.status === "rejected") expect(each.reason).toMatchObject({code: "SECRETS_SHARED"});
    expect([one!.status, two!.status, ...epochs.map(({status}) => status)]).toEqual(Array(4).fill("fulfilled"));
    await approve(other, 1);
    // Both numbered stock under keys that the other had renewed.
    for (const client of clients) expect(await value(client, 2n)).toBe(42n);
    for (const client of clients) expect(await value(client, 30n, other)).toBe(9n);
  });

  test("a program that was brought while one was gone in the middle of new keys is there when it is back", async () => {
    const meanwhile = programOf(9n, "input x\nsecret w\nadd v = x w\nadd y = v w\noutput y");
    const call = Rpc.prototype.call;
    const spy = vi.spyOn(Rpc.prototype, "call").mockImplementation(async function (this: Rpc, ...of) {
      if (of[0] === "commit") throw new UnavailableError("PEER_UNREACHABLE", "the coordinator is gone");
      return call.apply(this, of);
    });
    await as(quorum.operator(0, 0), (operator) => operator.call("refresh", {recovering: []}));
    spy.mockRestore();
    await quorum.stopCoordinator(0);
    await as(quorum.client(0, 1), (client) => client.deploy(meanwhile, SECRETS));
    await approve(meanwhile, 1);
    await quorum.startCoordinator(0);
    await quorum.settled(3, 0);
    expect(await as(quorum.client(0, 0), (client) => value(client, 1n, meanwhile))).toBe(43n);
  });

  test("a ticket whose coordinator is gone is done by the other, and charged once", async () => {
    const twice = programOf(2n, "input x\nmul y = x x\noutput y");
    await as(quorum.client(0, 0), (client) => client.deploy(twice, new Map()));
    await approve(twice, 0);
    const client = await quorum.client(0);
    onTestFinished(() => client.close());
    expect(client.coordinator).toBe("coordinator");
    // The first has the custodians evaluate, and is gone before it hands on what they gave.
    const call = Rpc.prototype.call;
    const spy = vi.spyOn(Rpc.prototype, "call").mockImplementation(async function (this: Rpc, ...of) {
      const answer = await call.apply(this, of);
      if (of[0] !== "evaluate") return answer;
      spy.mockRestore();
      await quorum.stopCoordinator(0);
      return call.apply(this, of);
    });
    expect(await value(client, 5n, twice)).toBe(25n);
    expect(client.coordinator).toBe("coordinator-1");
    expect(await value(client, 6n, twice)).toBe(36n);
    await expect(value(client, 7n, twice)).rejects.toThrow(refusal("BUDGET_EXHAUSTED"));
  });

  test("one that was away knows what the other was given, and brings it to a custodian that was away too", async () => {
    const late = programOf(9n, "input x\nsecret w\nmul v = x w\nadd y = v w\noutput y");
    await as(quorum.client(0), (client) => client.deploy(late, SECRETS));
    await quorum.stopCustodian(2);
    await approve(late, 1);
    await quorum.startCoordinator(0);
    await quorum.settled(2, 0);
    await quorum.stopCoordinator(1);
    await quorum.startCustodian(2);
    await quorum.settled(3, 0);
    await quorum.stopCustodian(0);
    await expect.poll(() => as(quorum.client(0, 0), (client) => value(client, 3n, late)).catch(String)).toBe(84n);
    await quorum.startCustodian(0);
    await quorum.startCoordinator(1);
    for (const at of [0, 1]) await quorum.settled(3, at);
  });

  test("the thirteen checks pass, and without custodians' keys those that need approvals are skipped", async () => {
    const desk = ownDesk();
    const check = async (more: string) => {
      const line = `quorum check --roster /quorum.roster --key /client-0.key ${more} --json`;
      const {out} = await desk.qsdm(line, {
        onHost: (host) => Object.assign(host, {now: () => Date.now(), randomBytes: random}),
      });
      const document = JSON.parse(out);
      const {checks, left} = document.data ?? document.error.details;
      const of = (outcome: string) =>
        (checks as {check: string; outcome: string}[]).flatMap((each) =>
          each.outcome === outcome ? [each.check] : [],
        );
      return {passed: of("passed").sort(), failed: of("failed"), skipped: of("skipped"), left: left.length};
    };
    const thirteen = Array.from({length: 13}, (_, at) => `${154 + at}`);
    const approvers = "--approver /custodian-0.key --approver /custodian-1.key";
    expect(await check(`--other-key /client-1.key ${approvers}`)).toEqual({
      ...{passed: thirteen, failed: [], skipped: ["away"]},
      left: 2,
    });
    const without = await check("");
    // Nobody approved: that a program is pending then shows nothing.
    expect([without.passed, without.failed]).toEqual([["155", "156", "164"], []]);
    expect(without.skipped).toContain("154");
    await quorum.stopCustodian(2);
    const {failed} = await check(`--other-key /client-1.key ${approvers}`);
    await quorum.startCustodian(2);
    for (const at of [0, 1]) await quorum.settled(3, at);
    expect(failed).toContain("154");
  });

  test("a custodian lets neither use the other's numbers, or do without its turn what all do together", async () => {
    const party = new Party(quorum.keys.coordinators[1]!, await loadPartySuite());
    const {card, address} = quorum.roster.content.custodians[0]!;
    const endpoint = party.endpoint(quorum.members, () => undefined);
    const channel = await dial(parseAddress(address), hexOf(card.channelId), endpoint);
    onTestFinished(() => channel.close());
    const rpc = new Rpc(channel, {call: async () => new Uint8Array(), bug: () => undefined});
    const job = (kind: Job["kind"], payload: Uint8Array): Uint8Array => {
      const participants = [0, 1, 2];
      const whole = {roster: quorum.members.digest, kind, run: 1_000n, epoch: 1n, participants, payload};
      return custodianMethods.run.ask.encode({job: whole});
    };
    const numbers = {firstTriple: 2n ** 59n, triples: 1, firstMask: 0n, masks: 1};
    const stock = (change: object) => job("stock", stockPayload.encode({...numbers, ...change}));
    await expect(rpc.call("run", stock({}), 60_000)).rejects.toThrow(refusal("NUMBERS_FOREIGN"));
    await expect(rpc.call("run", stock({firstMask: 2n ** 59n}), 60_000)).rejects.toThrow(refusal("TURN_MISSING"));
    const statement = {roster: quorum.members.digest, programId: new Uint8Array(32), client: "bob", notAfterMs: 0n};
    const asked = {...statement, nonce: new Uint8Array(32), evaluations: 1, sealingKey: new Uint8Array(1_184)};
    const request = sign(maskRequest, asked, (message) => party.sign(message));
    const masks = custodianMethods.masks.ask.encode({request, first: 0n});
    await expect(rpc.call("masks", masks, 60_000)).rejects.toThrow(refusal("NUMBERS_FOREIGN"));
  });

  test("each has a log of its own, and custodians sign for both", async () => {
    for (const at of [0, 1]) {
      expect(await as(quorum.client(0, at), (client) => value(client, 2n))).toBe(42n);
      const operator = await quorum.operator(0, at);
      const {countersigned} = await operator.call("seal", {});
      const {end, newest} = await auditLog(operator, [operator.checkpointIn(countersigned)], () => undefined);
      expect([newest?.size, newest?.signers]).toEqual([end.size, [0, 1, 2]]);
      operator.close();
    }
    const verify = async (at: string) => {
      const line = `quorum audit verify --roster /quorum.roster --key /client-0.key --at ${at} --json`;
      const {out, status} = await ownDesk().qsdm(line);
      const {data, error} = JSON.parse(out);
      return [status, data?.coordinator ?? error.code];
    };
    expect(await verify("coordinator-1")).toEqual([0, "coordinator-1"]);
    expect(await verify("nobody")).toEqual([2, "COORDINATOR_UNKNOWN"]);
  });
});
