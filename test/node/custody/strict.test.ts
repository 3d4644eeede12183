/** The strict profile whole: custodians, coordinator and clients over sealed channels on loopback. */
import {afterAll, beforeAll, describe, expect, onTestFinished, test, vi} from "vitest";
import {bytesOfHex, hexOf} from "../../../src/codecs/bytes.js";
import {packProgram, programPackage, readPackage} from "../../../src/codecs/quorum/program-package.js";
import {type ContentOf, sign} from "../../../src/codecs/quorum/strict/statement.js";
import {deposit, maskRequest, maskShares, ticket, withdrawal} from "../../../src/codecs/quorum/strict/statements.js";
import {RuleError} from "../../../src/errors.js";
import {Queries} from "../../../src/node/custody/queries.js";
import {StockKeeper} from "../../../src/node/custody/stock-keeper.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {evaluate} from "../../../src/node/quorum/program/evaluate.js";
import {exhausted, StrictCustodian} from "../../../src/node/quorum/strict/custodian.js";
import {Reservations} from "../../../src/node/quorum/strict/reservations.js";
import {costOf} from "../../../src/node/quorum/verified/cost.js";
import {withPolicy} from "../../support/packages.js";
import {StrictQuorum} from "../../support/strict-quorum.js";

const SOURCE = "input x\ninput y\nsecret w\nmul a = x y\nmul b = a w\nadd s = b x\noutput s\noutput a";
const SECRETS = new Map([["w", 1_000n]]);
const program = packProgram(compile(SOURCE), {policy: {budgetPerIdentity: 9n, maxEvalsPerMinute: 100n}});
const inDays = (days: number): bigint => BigInt(Date.now() + days * 86_400_000);
const inputs = new Map([
  ["x", 3n],
  ["y", 5n],
]);
const right = [...evaluate(program.ir, {inputs, secrets: SECRETS})];

/** What an evaluation takes that is compared with so many. */
const costWith = (ir: Parameters<typeof costOf>[0], earlier: number) => {
  const {triples, rounds} = costOf(ir, earlier);
  return {attempts: 1, triples, rounds};
};

describe("two of three custodians", () => {
  let quorum: StrictQuorum;
  beforeAll(async () => {
    quorum = await StrictQuorum.create({n: 3, k: 2, roundMs: 2_000});
    await quorum.start();
  });
  afterAll(() => quorum.stop());

  test("a program is deployed, runs once two custodians signed, and gives what it gives in the clear", async () => {
    const client = await quorum.client(0);
    await client.deploy(program, SECRETS);
    await expect(client.evaluate(program, inputs)).rejects.toThrow(expect.objectContaining({code: "PROGRAM_INACTIVE"}));
    for (const place of [0, 1]) {
      const operator = await quorum.operator(place);
      const {active} = await operator.approve(program, inDays(30));
      expect(active).toBe(place === 1);
      operator.close();
    }
    const {outputs, suspects} = await client.evaluate(program, inputs);
    expect([...outputs]).toEqual(right);
    expect(suspects).toEqual([]);
    client.close();
  });

  test("evaluations side by side give each its own result", async () => {
    const client = await quorum.client(0);
    const all = [1n, 2n, 3n, 4n].map((x) => new Map(inputs).set("x", x));
    const results = await Promise.all(all.map((each) => client.evaluate(program, each)));
    for (const [at, {outputs, traffic}] of results.entries()) {
      expect([...outputs]).toEqual([...evaluate(program.ir, {inputs: all[at]!, secrets: SECRETS})]);
      // One ticket: two layers, outputs, and two checks of four rounds, with a triple for each check.
      expect(traffic).toMatchObject({attempts: 1, rounds: 2 + 1 + 8, triples: 4 * 2 + 2});
    }
    client.close();
  });

  test("of more evaluations side by side than a budget has as many are done as it has", async () => {
    const few = packProgram(compile("input x\nmul y = x x\noutput y"), {
      policy: {budgetPerIdentity: 3n, maxEvalsPerMinute: 100n},
    });
    const client = await quorum.client(1);
    onTestFinished(() => client.close());
    await client.deploy(few, new Map());
    for (const place of [0, 1]) {
      const operator = await quorum.operator(place);
      await operator.approve(few, inDays(30));
      operator.close();
    }
    const all = [1n, 2n, 3n, 4n, 5n].map((x) => client.evaluate(few, new Map([["x", x]])));
    const done = await Promise.allSettled(all);
    expect(done.map((each) => (each.status === "fulfilled" ? each.value.outputs.get("y") : each.reason.code))).toEqual([
      1n,
      4n,
      9n,
      "BUDGET_EXHAUSTED",
      "BUDGET_EXHAUSTED",
    ]);
  });

  test("neither a client nor the coordinator brings a policy that it does not know whole", async () => {
    const client = await quorum.client(0);
    onTestFinished(() => client.close());
    const unknown = readPackage(withPolicy(packProgram(compile("input x\noutput x")), {later_control: 7n}));
    const refused = expect.objectContaining({code: "POLICY_UNKNOWN"});
    await expect(client.deploy(unknown, new Map())).rejects.toThrow(refused);
    const bytes = programPackage.encode(unknown);
    await expect(client.call("deploy", {package: bytes, deposit: null})).rejects.toThrow(refused);
  });

  test("a ticket for whose second attempt there is no stock is tried again, and not charged twice", async () => {
    const two = packProgram(compile("input x\nmul y = x x\nadd z = y x\noutput z"), {policy: {budgetPerIdentity: 2n}});
    const client = await quorum.client(0);
    onTestFinished(() => client.close());
    await client.deploy(two, new Map());
    for (const place of [0, 1]) {
      const operator = await quorum.operator(place);
      await operator.approve(two, inDays(30));
      operator.close();
    }
    // One custodian has lost its masks; the others are charged, and have no triples for another attempt.
    vi.spyOn(Reservations.prototype, "given").mockImplementationOnce(() => {
      throw new RuleError("MASKS_UNKNOWN", "masks were lost");
    });
    const honest = StockKeeper.prototype.allocate;
    let refused = 0;
    const spy = vi.spyOn(StockKeeper.prototype, "allocate").mockImplementation(async function (
      this: StockKeeper,
      ...of
    ) {
      if (of[2] !== undefined && refused++ === 0) exhausted("triple");
      return honest.apply(this, of);
    });
    onTestFinished(() => spy.mockRestore());
    const all = await Promise.all([3n, 4n].map((x) => client.evaluate(two, new Map([["x", x]]))));
    expect(all.map(({outputs}) => outputs.get("z"))).toEqual([12n, 20n]);
    expect(refused).toBeGreaterThan(0);
    await expect(client.evaluate(two, new Map([["x", 5n]]))).rejects.toThrow(
      expect.objectContaining({code: "BUDGET_EXHAUSTED"}),
    );
  });

  test("a custodian that names other masks than the rest, or seals none, stops nobody", async () => {
    type Given = ContentOf<typeof maskShares>;
    const honest = StrictCustodian.prototype.masks;
    const client = await quorum.client(0);
    onTestFinished(() => client.close());
    const without = async (bent: (given: Given) => Given) => {
      const spy = vi.spyOn(StrictCustodian.prototype, "masks").mockImplementation(function (
        this: StrictCustodian,
        ...of
      ) {
        const signed = honest.apply(this, of);
        const {place} = this.ports;
        return place > 0 ? signed : sign(maskShares, bent(signed.content), (message) => this.ports.sign(message));
      });
      const {outputs, suspects} = await client.evaluate(program, inputs).finally(() => spy.mockRestore());
      expect([...outputs]).toEqual(right);
      return suspects;
    };
    expect(await without((given) => ({...given, first: given.first + 1_000n}))).toEqual([]);
    const sealed = new Uint8Array(64);
    expect(await without((given) => ({...given, box: {...given.box, sealed}}))).toEqual(["custodian-0"]);
  });

  test("a custodian that suspects clients of a program that is not watched stops nobody", async () => {
    const client = await quorum.client(0);
    onTestFinished(() => client.close());
    const honest = StrictCustodian.prototype.activeProgram;
    const spy = vi.spyOn(StrictCustodian.prototype, "activeProgram").mockImplementation(function (
      this: StrictCustodian,
      ...of
    ) {
      if (this.ports.place === 0) throw new RuleError("ANOMALY_SUSPECTED", "so it says");
      return honest.apply(this, of);
    });
    onTestFinished(() => spy.mockRestore());
    const {outputs} = await client.evaluate(program, inputs);
    expect([...outputs]).toEqual(right);
  });

  test("nothing is numbered or entered in the log in somebody else's name", async () => {
    const client = await quorum.client(0);
    onTestFinished(() => client.close());
    const digest = new Uint8Array(32);
    const said = {
      ...{roster: quorum.members.digest, programId: bytesOfHex(program.programId), client: "bob", nonce: digest},
      notAfterMs: BigInt(Date.now() + 60_000),
    };
    const as = (message: Uint8Array): Uint8Array => quorum.parties.clients[0]!.sign(message);
    const asked = {...said, evaluations: 1, sealingKey: new Uint8Array(1_184)};
    const request = sign(maskRequest, asked, as);
    const wanted = {...said, request: digest, epoch: 1n, firstMask: 0n, evaluations: 1, masked: new Uint8Array(32)};
    const {roster, programId} = said;
    const given = {
      package: programPackage.encode(program),
      deposit: sign(deposit, {roster, programId, owner: "bob", boxes: []}, as),
    };
    const stands = async () => {
      const {size} = await client.call("audit", {from: 0n, count: 0});
      return [size, /^qsdm_quorum_pool\{.*$/gm.exec(await quorum.coordinator!.registry.metrics())![0]];
    };
    const before = await stands();
    const refused = expect.objectContaining({code: "SIGNATURE_INVALID"});
    await expect(client.call("masks", {request})).rejects.toThrow(refused);
    await expect(client.call("evaluate", {ticket: sign(ticket, wanted, as), again: false})).rejects.toThrow(refused);
    await expect(client.call("deploy", given)).rejects.toThrow(refused);
    expect(await stands()).toEqual(before);
  });

  test("stock is made in the background before it runs out, and figures say what was done", async () => {
    const operator = await quorum.operator(0);
    const client = await quorum.client(1);
    const {triples} = await operator.call("stock", {triples: 0, masks: 0});
    // All but what one evaluation takes is handed out: below the low water of 64 they make more.
    const coordinator = quorum.coordinator!;
    const figure = async (line: RegExp): Promise<number> => Number(line.exec(await coordinator.registry.metrics())![1]);
    const refills = await figure(/^qsdm_quorum_refills_total (\d+)$/m);
    const big = packProgram(compile(`input x\ndot y =${" x x".repeat(Number(triples) - 60)}\noutput y`), {
      policy: {budgetPerIdentity: 6n, maxEvalsPerMinute: 100n},
    });
    await client.deploy(big, new Map());
    for (const place of [0, 1]) {
      const approver = await quorum.operator(place);
      await approver.approve(big, inDays(30));
      approver.close();
    }
    const {outputs, traffic} = await client.evaluate(big, new Map([["x", 2n]]));
    expect(outputs.get("y")).toBe(4n * (triples - 60n));
    // One layer, outputs, and two checks of four rounds.
    expect(traffic).toMatchObject({attempts: 1, rounds: 1 + 1 + 8, triples: Number(triples) - 58});
    expect(traffic.bytes).toBeGreaterThan(2n * 16n * 3n * 2n * (triples - 60n));
    await expect.poll(async () => (await operator.call("stock", {triples: 0, masks: 0})).triples).toBeGreaterThan(64n);
    expect(await figure(/^qsdm_quorum_refills_total (\d+)$/m)).toBeGreaterThan(refills);
    expect(await figure(/^qsdm_quorum_pool\{kind="triple"\} (\d+)$/m)).toBeGreaterThan(64);
    expect(await figure(/^qsdm_quorum_evaluations_total (\d+)$/m)).toBeGreaterThan(0);
    const [custodian] = quorum.custodians;
    const text = await custodian!.registry.metrics();
    expect(Number(/^qsdm_quorum_jobs_total\{kind="evaluate"\} (\d+)$/m.exec(text)![1])).toBeGreaterThan(0);
    expect(Number(/^qsdm_quorum_rounds_total (\d+)$/m.exec(text)![1])).toBeGreaterThan(10);
    client.close();
    operator.close();
  });

  test("a program that compares secrets with inputs gives what it gives in the clear, also without one custodian", async () => {
    const client = await quorum.client(0);
    onTestFinished(() => client.close());
    const source =
      "input x\nsecret w\nlt below = x w\neq same = x w\nmax most = x w\nshr part = most 3\noutput below same part";
    const compares = packProgram(compile(source), {policy: {budgetPerIdentity: 9n, maxEvalsPerMinute: 100n}});
    await client.deploy(compares, SECRETS);
    for (const place of [0, 1]) {
      const operator = await quorum.operator(place);
      await operator.approve(compares, inDays(30));
      operator.close();
    }
    const asked = async (x: bigint) => {
      const given = new Map([["x", x]]);
      const {outputs, traffic} = await client.evaluate(compares, given);
      expect([...outputs]).toEqual([...evaluate(compares.ir, {inputs: given, secrets: SECRETS})]);
      return traffic;
    };
    const {triples, rounds} = costOf(compares.ir);
    const bits = 4 * 127;
    expect(await asked(999n)).toMatchObject({attempts: 1, rounds, triples, bits});
    const metrics = await quorum.coordinator!.registry.metrics();
    expect(Number(/^qsdm_quorum_random_bits_total (\d+)$/m.exec(metrics)![1])).toBe(bits);
    await quorum.stopCustodian(2);
    await asked(1_000n);
    await quorum.startCustodian(2);
    await quorum.settled(3);
    await asked(-1n);
  });

  test("a client whose queries look like extraction gets no more results, also where somebody was away meanwhile", async () => {
    const client = await quorum.client(0);
    onTestFinished(() => client.close());
    const model = "input x\ninput y\nsecret a\nsecret b\nmul p = a x\nmul q = b y\nadd r = p q\noutput r";
    const secrets = new Map([
      ["a", 70n],
      ["b", 30n],
    ]);
    const policy = {budgetPerIdentity: 20n, maxEvalsPerMinute: 100n, anomalyLimit: 1n, anomalyWindow: 3n};
    const watched = packProgram(compile(model), {policy});
    await client.deploy(watched, secrets);
    for (const place of [0, 1]) {
      const operator = await quorum.operator(place);
      await operator.approve(watched, inDays(30));
      operator.close();
    }
    const asked = async (x: bigint, y: bigint) => {
      const given = new Map([
        ["x", x],
        ["y", y],
      ]);
      const {outputs, traffic} = await client.evaluate(watched, given);
      expect(outputs.get("r")).toBe(70n * x + 30n * y);
      return traffic;
    };
    expect(await asked(5n, 9n)).toMatchObject(costWith(watched.ir, 0));
    await quorum.stopCustodian(2);
    expect(await asked(8n, 3n)).toMatchObject(costWith(watched.ir, 1));
    await quorum.startCustodian(2);
    await quorum.settled(3);
    await quorum.stopCustodian(0);
    // Custodian 2 had no part in the last one. Two side by side are brought one after the other.
    await Promise.all([asked(8n, 4n), asked(1n, 77n)]);
    await quorum.startCustodian(0);
    await quorum.settled(3);
    await expect(asked(1n, 78n)).rejects.toMatchObject({
      ...{code: "ANOMALY_SUSPECTED", hint: expect.stringContaining("owner of the program")},
      message: expect.stringContaining(
        "has one input varied alone: the client's score is 2, and at most 1 is answered",
      ),
    });
    const metrics = await quorum.coordinator!.registry.metrics();
    expect(metrics).toContain("qsdm_quorum_suspected_total 1\n");
    expect(await quorum.custodians[1]!.registry.metrics()).toContain('qsdm_quorum_patterns_total{pattern="grid"} 2\n');
    const {size} = await client.call("audit", {from: 0n, count: 0});
    const {entries} = await client.call("audit", {from: size - 1n, count: 1});
    expect(Buffer.from(entries[0]!).toString("latin1")).toContain("ANOMALY_SUSPECTED");
    const bob = await quorum.client(1);
    onTestFinished(() => bob.close());
    const given = new Map([
      ["x", 1n],
      ["y", 77n],
    ]);
    expect((await bob.evaluate(watched, given)).outputs.get("r")).toBe(70n + 30n * 77n);
    // Another coordinator was quicker: what was agreed on is not all that they know of.
    const agreed = vi.spyOn(Queries.prototype, "agree").mockResolvedValueOnce({participants: [0, 1, 2], earlier: []});
    onTestFinished(() => agreed.mockRestore());
    const other = new Map([
      ["x", 1_000n],
      ["y", 5n],
    ]);
    expect((await bob.evaluate(watched, other)).traffic.attempts).toBe(2);
    agreed.mockResolvedValueOnce({participants: [1], earlier: []});
    await expect(bob.evaluate(watched, other)).rejects.toMatchObject({code: "QUERIES_MISSING"});
  });

  test("evaluations that are refused use nothing of the stock up, however much they would take", async () => {
    const [client, operator] = [await quorum.client(0), await quorum.operator(0)];
    onTestFinished(() => {
      for (const each of [client, operator]) each.close();
    });
    const nobodys = packProgram(compile("input x\nlt y = x x\noutput y"), {policy: {budgetPerIdentity: 0n}});
    await client.deploy(nobodys, new Map());
    for (const place of [0, 1]) {
      const approver = await quorum.operator(place);
      await approver.approve(nobodys, inDays(30));
      approver.close();
    }
    const refused = expect.objectContaining({code: "BUDGET_EXHAUSTED"});
    const held = async () => (await operator.call("stock", {triples: 0, masks: 0})).triples;
    await expect(client.evaluate(nobodys, new Map([["x", 1n]]))).rejects.toThrow(refused);
    const before = await held();
    expect(before).toBeGreaterThan(319n);
    for (let asked = 0; asked < 3; asked++)
      await expect(client.evaluate(nobodys, new Map([["x", 1n]]))).rejects.toThrow(refused);
    expect(await held()).toBe(before);
  });

  test("requests for masks that are refused use none of them up", async () => {
    const [client, operator] = [await quorum.client(0), await quorum.operator(0)];
    onTestFinished(() => {
      for (const each of [client, operator]) each.close();
    });
    const unapproved = packProgram(compile("input x\nmul y = x x\noutput y\noutput x"));
    await client.deploy(unapproved, new Map());
    const held = async () => (await operator.call("stock", {triples: 0, masks: 0})).masks;
    const refused = expect.objectContaining({code: "PROGRAM_INACTIVE"});
    await expect(client.evaluate(unapproved, new Map([["x", 1n]]))).rejects.toThrow(refused);
    const before = await held();
    for (let asked = 0; asked < 3; asked++)
      await expect(client.evaluate(unapproved, new Map([["x", 1n]]))).rejects.toThrow(refused);
    // Nobody has to ask before the figures say so.
    await vi.waitFor(async () => {
      const metrics = await quorum.coordinator!.registry.metrics();
      expect(metrics).toContain(`qsdm_quorum_pool{kind="mask"} ${before}\n`);
    });
    expect(await held()).toBe(before);
  });

  test("a program that takes more triples than can be made is not deployed", async () => {
    const client = await quorum.client(0);
    onTestFinished(() => client.close());
    const lines = Array.from({length: 600}, (_, at) => `lt y${at} = x x\n`).join("");
    const costly = packProgram(compile(`input x\n${lines}output y0`));
    const refused = expect.objectContaining({code: "PROGRAM_TOO_COSTLY"});
    await expect(client.deploy(costly, new Map())).rejects.toThrow(refused);
    // Nor by whoever does not look first.
    const asked = {package: programPackage.encode(costly), deposit: null};
    await expect(client.call("deploy", asked)).rejects.toThrow(refused);
  });

  test("a program for more organisations than custodians are of is not deployed", async () => {
    const client = await quorum.client(0);
    onTestFinished(() => client.close());
    const shared = packProgram(compile("input x\noutput x"), {policy: {minOrganisations: 2n}});
    const refused = expect.objectContaining({code: "ORGANISATIONS_TOO_FEW"});
    await expect(client.deploy(shared, new Map())).rejects.toThrow(refused);
    const asked = {package: programPackage.encode(shared), deposit: null};
    await expect(client.call("deploy", asked)).rejects.toThrow(refused);
  });

  test("a custodian that is away is done without, and taken up again when it is back", async () => {
    const client = await quorum.client(1);
    await quorum.stopCustodian(1);
    // A program without its secrets could be approved, and never be evaluated.
    const other = packProgram(compile("input x\nsecret w\nmul y = x w\noutput y"), {policy: {budgetPerIdentity: 2n}});
    await expect(client.deploy(other, SECRETS)).rejects.toThrow(expect.objectContaining({code: "CUSTODIANS_MISSING"}));
    await expect(client.program(other.programId)).rejects.toThrow(expect.objectContaining({code: "PROGRAM_UNKNOWN"}));
    expect([...(await client.evaluate(program, inputs)).outputs]).toEqual(right);
    const text = await quorum.coordinator!.registry.metrics();
    expect(text).toContain("qsdm_quorum_custodians_connected 2");
    await quorum.startCustodian(1);
    await quorum.settled(3);
    expect([...(await client.evaluate(program, inputs)).outputs]).toEqual(right);
    client.close();
  });

  test("a custodian that takes its word back serves no more, K of them end the program, and one can give it again", async () => {
    const client = await quorum.client(1);
    const suspend = async (place: number, withdrawn: boolean) => {
      const operator = await quorum.operator(place);
      const answer = await operator.suspend(program, withdrawn);
      operator.close();
      return answer;
    };
    const ended = expect.objectContaining({code: "PROGRAM_SUSPENDED"});
    await expect(client.suspend(program, true)).rejects.toThrow(expect.objectContaining({code: "NOT_A_CUSTODIAN"}));
    // Two have approved it, so it lacks one without custodian 0.
    expect(await suspend(0, true)).toEqual({withdrawals: 1, active: false});
    const third = await quorum.operator(2);
    expect(await third.approve(program, inDays(30))).toMatchObject({approvals: 2, active: true});
    third.close();
    // One that serves it no more is left out, and is no suspect for that.
    const {outputs, suspects} = await client.evaluate(program, inputs);
    expect([[...outputs], suspects]).toEqual([right, []]);
    await quorum.stopCustodian(2);
    expect(await suspend(1, true)).toEqual({withdrawals: 2, active: false});
    const programId = bytesOfHex(program.programId);
    const before = {...{roster: quorum.members.digest, programId, custodian: 1}, ...{withdrawn: false, timeMs: 1n}};
    const older = sign(withdrawal, before, (message) => quorum.parties.custodians[1]!.sign(message));
    expect(await client.call("suspend", {withdrawal: older})).toEqual({withdrawals: 2, active: false});
    await expect(client.evaluate(program, inputs)).rejects.toThrow(ended);
    await quorum.startCustodian(2);
    await quorum.settled(3);
    const withdrawnAt2 = async (): Promise<number | undefined> => {
      const {statuses} = await client.call("custodians", {});
      return statuses[2]?.programs.find((each) => hexOf(each.programId) === program.programId)?.withdrawals;
    };
    await expect.poll(withdrawnAt2).toBe(2);
    await expect(client.evaluate(program, inputs)).rejects.toThrow(ended);
    await suspend(0, false);
    expect(await suspend(1, false)).toEqual({withdrawals: 0, active: true});
    expect([...(await client.evaluate(program, inputs)).outputs]).toEqual(right);
    client.close();
  });

  test("one client cannot take the room that others' programs have", async () => {
    const client = await quorum.client(1);
    const other = await quorum.client(0);
    onTestFinished(() => {
      client.close();
      other.close();
    });
    const numbered = (at: number) => packProgram(compile(`input x\nconst c = ${at}\nadd y = x c\noutput y`));
    const refused = expect.objectContaining({code: "PROGRAMS_WAITING"});
    // The one of an earlier test is approved, so it does not count.
    for (let at = 0; at < 64; at++) await client.deploy(numbered(at), new Map());
    await expect(client.deploy(numbered(64), new Map())).rejects.toThrow(refused);
    await client.deploy(numbered(63), new Map());
    await other.deploy(numbered(64), new Map());
    await quorum.stopCoordinator(0);
    await quorum.startCoordinator(0);
    await quorum.settled(3);
    await expect(client.deploy(numbered(65), new Map())).rejects.toThrow(refused);
    const operator = await quorum.operator(0);
    await operator.approve(numbered(7), inDays(30));
    operator.close();
    await client.deploy(numbered(65), new Map());
  });

  test("new shares under new keys keep the results, and stock of before is not used", async () => {
    const operator = await quorum.operator(0);
    const {epoch} = await operator.call("refresh", {recovering: []});
    expect(epoch).toBeGreaterThan(1n);
    operator.close();
    const client = await quorum.client(1);
    expect([...(await client.evaluate(program, inputs)).outputs]).toEqual(right);
    client.close();
  });
});
