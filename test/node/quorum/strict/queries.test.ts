/** Queries that custodians watch: who extracts a model one input at a time is stopped, whoever takes part. */
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from "vitest";
import {concat} from "../../../../src/codecs/bytes.js";
import {type ProgramPackage, packProgram, programPackage} from "../../../../src/codecs/quorum/program-package.js";
import {digestOf, sign} from "../../../../src/codecs/quorum/strict/statement.js";
import {ticket} from "../../../../src/codecs/quorum/strict/statements.js";
import {UnavailableError} from "../../../../src/errors.js";
import type {Party} from "../../../../src/node/custody/party.js";
import {Queries} from "../../../../src/node/custody/queries.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {evaluate} from "../../../../src/node/quorum/program/evaluate.js";
import {lastQueries, learnQuery} from "../../../../src/node/quorum/strict/queries.js";
import type {SignedTicket} from "../../../../src/node/quorum/strict/store.js";
import {HONEST, StrictMachines} from "../../../support/strict-machines.js";
import {LOG} from "../../../support/strict-quorum.js";

const SOURCE =
  "input x\ninput y\ninput z\nsecret a\nsecret b\nsecret c\nsecret d\n" +
  "mul ax = a x\nmul by = b y\nmul cz = c z\nadd s = ax by\nadd t = s cz\nadd r = t d\noutput r";
const SECRETS = new Map([
  ["a", 11n],
  ["b", 22n],
  ["c", 33n],
  ["d", 44n],
]);
const packed = (policy: object) =>
  packProgram(compile(SOURCE), {policy: {budgetPerIdentity: 100n, maxEvalsPerMinute: 1_000n, ...policy}});
/** Four unknowns: whoever has four answers has the model. */
const WATCHED = {anomalyLimit: 2n, anomalyWindow: 4n};

type Point = readonly [bigint, bigint, bigint];
const inputsOf = ([x, y, z]: Point) =>
  new Map([
    ["x", x],
    ["y", y],
    ["z", z],
  ]);
const answerTo = (point: Point) => [...evaluate(compile(SOURCE), {inputs: inputsOf(point), secrets: SECRETS})];
/** No two differ in less than all inputs, and none is on a line with two others. */
const FREE: readonly Point[] = [
  [3n, 10n, 8n],
  [14n, 1n, 59n],
  [26n, 53n, 5n],
  [89n, 7n, 93n],
  [23n, 84n, 62n],
  [64n, 33n, 83n],
];
const SUSPECTED = "ANOMALY_SUSPECTED";

let machines: StrictMachines;
/** Custodians that answer nobody. */
let away: ReadonlySet<number>;
let queries: Queries;
/** What a custodian says that it knows of, and does not. */
let invented: ReadonlyMap<number, readonly Uint8Array[]>;

/** The calls of a coordinator to custodians, without channels. */
const calls = {
  async call(place: number, name: string, ask: never) {
    if (away.has(place)) throw new UnavailableError("PEER_UNREACHABLE", "away");
    const custodian = machines.custodians[place]!;
    if (name === "queries" && invented.has(place)) return {tickets: invented.get(place)};
    if (name === "queries") return {tickets: lastQueries(custodian, ask)};
    if (name === "learn") return learnQuery(custodian, (ask as {ticket: SignedTicket}).ticket, machines.nowMs);
    return {ticket: custodian.ports.store.query((ask as {ticket: Uint8Array}).ticket)?.signed ?? null};
  },
  async all(name: string, ask: never, places: readonly number[]) {
    const settled = await Promise.allSettled(places.map((place) => calls.call(place, name, ask)));
    return {
      answers: settled.flatMap((each, at) =>
        each.status === "fulfilled" ? [{place: places[at]!, answer: each.value}] : [],
      ),
    };
  },
};

/** Of this test alone: another rate gives it another id. */
let program: ProgramPackage;
let rate = 1_000n;
let client: {readonly programId: string; readonly client: string};

beforeAll(async () => {
  machines = await StrictMachines.create({n: 3, k: 2});
  await machines.prepare(packed({}), SECRETS, {triples: 6_000, masks: 600});
  queries = new Queries({
    custodians: calls as unknown as ConstructorParameters<typeof Queries>[0]["custodians"],
    log: LOG,
  });
});
beforeEach(async () => {
  away = new Set();
  invented = new Map();
  program = packed({...WATCHED, maxEvalsPerMinute: ++rate});
  client = {programId: program.programId, client: "alice"};
  await machines.prepareMore(program, SECRETS);
});
afterEach(() => {
  machines.wire = HONEST;
  machines.roundMs = 20_000;
});
afterAll(() => machines.stop());

const present = (): readonly number[] => machines.everyone.filter((place) => !away.has(place));
const ofTicket = (signed: SignedTicket) => ({
  programId: signed.content.programId,
  client: "alice",
  besides: digestOf(ticket, signed),
});

/** An evaluation as a coordinator brings it about. */
async function ask(point: Point, among = present()) {
  const {signed, outputMasks} = machines.ticket(program, inputsOf(point), {among});
  const {participants, earlier} = await queries.agree(ofTicket(signed), among);
  const parts = await machines.perform(machines.evaluation(program, signed, participants, earlier));
  const outputs = machines.outputs(program, parts, outputMasks).map((each) => [...each]);
  return {parts, outputs, signed, participants, earlier, codes: [...new Set(parts.map(({code}) => code))]};
}
const scores = (): bigint[] => machines.stores.map((store) => store.score(client));
const budgets = (): (bigint | undefined)[] =>
  machines.stores.map((store) => store.quota(program.programId, "alice")?.remaining);

describe("a client of two of three custodians", () => {
  test("that varies one input at a time is stopped before it has the model, and charged for what was stopped", async () => {
    const before = machines.custodians[0]!.anomalies.found.get("grid") ?? 0;
    const steps: Point[] = [
      [0n, 0n, 0n],
      [1n, 0n, 0n],
      [0n, 1n, 0n],
      [0n, 0n, 1n],
    ];
    for (const point of steps.slice(0, 2)) expect((await ask(point)).outputs).toEqual(Array(3).fill(answerTo(point)));
    const third = await ask(steps[2]!);
    expect([third.codes, third.outputs]).toEqual([[SUSPECTED], []]);
    expect([scores(), budgets()]).toEqual([Array(3).fill(3n), Array(3).fill(97n)]);
    // Nor has it anything else from then on, which it is not charged for.
    for (const point of [steps[3]!, FREE[0]!]) {
      const {codes, outputs} = await ask(point);
      expect([codes, outputs]).toEqual([[SUSPECTED], []]);
    }
    expect([scores(), budgets()]).toEqual([Array(3).fill(3n), Array(3).fill(97n)]);
    const grids = machines.custodians.map(({anomalies}) => anomalies.found.get("grid")! - before);
    expect(grids).toEqual([3, 3, 3]);
  });

  test("that sends as many queries in no pattern is answered, though it has the model then", async () => {
    for (const point of FREE) expect((await ask(point)).outputs).toEqual(Array(3).fill(answerTo(point)));
    expect(scores()).toEqual([0n, 0n, 0n]);
    // Of those that are too old to be compared with nothing is kept but one, for an attempt that is tried again.
    expect(machines.stores.map((store) => store.queries(client).length)).toEqual([5, 5, 5]);
  });

  test("that repeats, or walks along a line, scores once for each, and what fell out of the window counts no more", async () => {
    const [start] = FREE as [Point];
    const along = (steps: bigint): Point => start.map((value, at) => value + steps * [1n, 2n, 5n][at]!) as never;
    await ask(start);
    await ask(start);
    expect(scores()).toEqual([1n, 1n, 1n]);
    // Two that are one are on a line with everything, which says nothing.
    await ask(along(1n));
    expect(scores()).toEqual([1n, 1n, 1n]);
    await ask(along(7n));
    expect(scores()).toEqual([2n, 2n, 2n]);
    for (const point of FREE.slice(1, 5)) await ask(point);
    expect((await ask(start)).codes).toEqual([null]);
    expect((await ask(along(2n))).codes).toEqual([null]);
    expect(scores()).toEqual([2n, 2n, 2n]);
  });

  test("is known after a restart, and what it scored is", async () => {
    await ask([0n, 5n, 0n]);
    for (const place of machines.everyone) machines.restart(place);
    expect(scores()).toEqual([1n, 1n, 1n]);
    await ask([9n, 5n, 0n]);
    for (const place of machines.everyone) machines.restart(place);
    expect((await ask([9n, 5n, 3n])).codes).toEqual([SUSPECTED]);
    for (const place of machines.everyone) machines.restart(place);
    expect(scores()).toEqual([3n, 3n, 3n]);
    expect((await ask(FREE[0]!)).codes).toEqual([SUSPECTED]);
  });
});

describe("custodians that were away", () => {
  test("take in what they missed before they take part, and are charged for it as if they had been there", async () => {
    await ask([0n, 5n, 0n]);
    away = new Set([2]);
    await ask([3n, 7n, 4n]);
    await ask(FREE[0]!);
    expect(budgets()).toEqual([98n - 1n, 97n, 99n]);
    away = new Set([0]);
    // Differs in one input from what custodian 2 had no part in.
    const {codes, participants, earlier} = await ask([3n, 7n, 9n]);
    expect([codes, participants, earlier.length]).toEqual([[null], [1, 2], 3]);
    expect(scores()).toEqual([1n, 2n, 2n]);
    expect(budgets()).toEqual([97n, 96n, 96n]);
    away = new Set();
    await ask(FREE[1]!);
    expect(budgets()).toEqual([95n, 95n, 95n]);
    const last = machines.stores.map((store) => store.queries(client).slice(-4));
    expect(last[1]).toEqual(last[0]);
    expect(last[2]).toEqual(last[0]);
  });

  test("for longer than queries are kept forget what the others have forgotten", async () => {
    for (const point of FREE.slice(0, 4)) await ask(point, [1, 2]);
    away = new Set([2]);
    for (const point of [...FREE.slice(4), [5n, 60n, 71n] as Point, [77n, 2n, 6n] as Point]) await ask(point);
    away = new Set();
    const {codes, participants, earlier} = await ask([101n, 202n, 909n]);
    expect([codes, participants, earlier.length]).toEqual([[null], [0, 1, 2], 4]);
  });

  test("and lost what they need for it are done without", async () => {
    const {signed} = machines.ticket(program, inputsOf(FREE[0]!));
    // Masks that were given are in memory alone.
    machines.restart(2);
    const {earlier} = await queries.agree(ofTicket(signed), machines.everyone);
    const parts = await machines.perform(machines.evaluation(program, signed, [0, 1], earlier));
    expect(parts.map(({code}) => code)).toEqual([null, null]);
    const {codes, participants} = await ask(FREE[1]!);
    expect([codes, participants]).toEqual([[null], [0, 1]]);
    away = new Set([0]);
    const alone = machines.ticket(program, inputsOf(FREE[2]!), {among: [1, 2]});
    expect((await queries.agree(ofTicket(alone.signed), present())).participants).toHaveLength(1);
  });

  test("and one that says it knows of queries which nobody else has are done without", async () => {
    await ask(FREE[0]!);
    const {signed} = machines.ticket(program, inputsOf(FREE[1]!));
    for (const liar of machines.everyone) {
      invented = new Map([[liar, Array.from({length: 4}, (_, at) => new Uint8Array(32).fill(at))]]);
      const {participants, earlier} = await queries.agree(ofTicket(signed), machines.everyone);
      expect([participants, earlier.length]).toEqual([machines.everyone.filter((place) => place !== liar), 1]);
    }
  });

  test("are told nothing by who makes a query up", async () => {
    away = new Set([2]);
    const {signed} = await ask(FREE[0]!);
    const custodian = machines.custodians[2]!;
    const refused = (wrong: SignedTicket, code: string) =>
      expect(() => learnQuery(custodian, wrong, machines.nowMs)).toThrow(expect.objectContaining({code}));
    const [alice, bob] = machines.quorum.parties.clients.slice(0, 2) as [Party, Party];
    const changed = (change: object, by = alice): SignedTicket =>
      sign(ticket, {...signed.content, ...change}, (message) => by.sign(message));
    refused({...signed, content: {...signed.content, firstMask: 7n}}, "QUERY_INVALID");
    refused(changed({}, bob), "QUERY_INVALID");
    refused(changed({client: "mallory"}), "QUERY_INVALID");
    refused(changed({roster: new Uint8Array(32)}), "ROSTER_MISMATCH");
    refused(changed({programId: new Uint8Array(32)}), "PROGRAM_UNKNOWN");
    refused(changed({epoch: 77n}), "STALE_EPOCH");
    refused(changed({evaluations: 2, masked: concat(signed.content.masked, signed.content.masked)}), "QUERY_INVALID");
    refused(changed({firstMask: 2n ** 62n}), "STOCK_EXHAUSTED");
    expect(custodian.ports.store.queries(client)).toEqual([]);
    for (let times = 0; times < 2; times++) learnQuery(custodian, signed, machines.nowMs);
    expect([custodian.ports.store.queries(client).length, budgets()[2]]).toEqual([1, 99n]);
    // The masks of what was taken in are used: another query over them is none.
    refused(changed({nonce: new Uint8Array(32)}), "STOCK_EXHAUSTED");
    const loose = packed({});
    for (const each of machines.custodians) each.install(programPackage.encode(loose));
    refused(changed({programId: Buffer.from(loose.programId, "hex")}), "QUERY_INVALID");
  });

  test("take in no more queries than the client has a budget for", async () => {
    away = new Set([2]);
    const {signed} = await ask(FREE[0]!);
    const store = machines.stores[2]!;
    store.saveQuota(program.programId, "alice", {remaining: 0n, units: 0n, atMs: 0n});
    expect(() => learnQuery(machines.custodians[2]!, signed, machines.nowMs)).toThrow(
      expect.objectContaining({code: "BUDGET_EXHAUSTED"}),
    );
    expect(store.queries(client)).toEqual([]);
  });
});

describe("an evaluation", () => {
  const brought = async (earlier: readonly Uint8Array[], point: Point = FREE[3]!) => {
    const {signed} = machines.ticket(program, inputsOf(point));
    const parts = await machines.perform(machines.evaluation(program, signed, machines.everyone, earlier));
    return parts.map(({code}) => code);
  };

  test("that leaves out a query which a custodian knows of, or names one that it does not, does not begin", async () => {
    const [first, second] = [await ask(FREE[0]!), await ask(FREE[1]!)].map(({signed}) => digestOf(ticket, signed));
    const all = Array(3).fill("QUERIES_DIFFER");
    expect(await brought([])).toEqual(all);
    expect(await brought([first!])).toEqual(all);
    expect(await brought([first!, second!, new Uint8Array(32)])).toEqual(all);
    expect(await brought([first!, second!, second!])).toEqual(Array(3).fill("JOB_INVALID"));
    const many = Array.from({length: 9}, (_, at) => new Uint8Array(32).fill(at));
    expect(await brought(many)).toEqual(Array(3).fill("JOB_INVALID"));
    expect(await brought([second!, first!])).toEqual([null, null, null]);
  });

  test("of another client's query, or of a program that is not watched, compares nothing", async () => {
    const {signed} = await ask(FREE[0]!);
    const digest = digestOf(ticket, signed);
    const bobs = machines.stores.map((store) => store.query(digest)!);
    for (const [at, store] of machines.stores.entries())
      store.saveQuery({...bobs[at]!, client: "bob", ticket: new Uint8Array(32)}, 5);
    expect(await brought([digest, new Uint8Array(32)])).toEqual(Array(3).fill("QUERIES_DIFFER"));
    const loose = packed({});
    await machines.prepareMore(loose, SECRETS);
    const other = machines.ticket(loose, inputsOf(FREE[0]!));
    const parts = await machines.perform(machines.evaluation(loose, other.signed, machines.everyone, [digest]));
    expect(parts.map(({code}) => code)).toEqual(Array(3).fill("JOB_INVALID"));
  });

  test("that somebody ends is compared with later ones, and counts once however often it is tried", async () => {
    await ask(FREE[0]!);
    const [x, y, z] = FREE[0]!;
    const {signed, outputMasks} = machines.ticket(program, inputsOf([x, y, z + 1n]));
    const {earlier} = await queries.agree(ofTicket(signed), machines.everyone);
    // Time for a round where somebody is silent, and the others may have a busy machine.
    machines.roundMs = 3_000;
    // The draw, the comparison, the answers, a layer, a check: outputs come after.
    const outputs = 2 + 1 + 1 + 4 + 1 + 1 + 4;
    machines.wire = (message, {from}) => (from === 1 && message.round === outputs ? [] : [message]);
    const ended = await machines.perform(machines.evaluation(program, signed, machines.everyone, earlier));
    expect(ended.filter(({outcome}) => outcome !== null)).toEqual([]);
    expect(scores()).toEqual([1n, 1n, 1n]);
    machines.wire = HONEST;
    machines.roundMs = 20_000;
    const again = await queries.agree(ofTicket(signed), [0, 2]);
    expect(again.earlier).toEqual(earlier);
    const parts = await machines.perform(machines.evaluation(program, signed, [0, 2], earlier));
    const right = answerTo([x, y, z + 1n]);
    expect(machines.outputs(program, parts, outputMasks).map((each) => [...each])).toEqual([right, right]);
    expect(scores()).toEqual([1n, 1n, 1n]);
    await ask([x, y, z + 2n]);
    expect(scores()).toEqual([3n, 3n, 3n]);
  });

  test("that somebody ends is not tried again, nor learned, once it is too old to be compared with", async () => {
    const {signed} = machines.ticket(program, inputsOf(FREE[0]!));
    const attempt = (earlier: readonly Uint8Array[]) =>
      machines.perform(machines.evaluation(program, signed, machines.everyone, earlier));
    machines.roundMs = 3_000;
    machines.wire = (message) => (message.round === 1 ? [] : [message]);
    expect((await attempt([])).filter(({outcome}) => outcome !== null)).toEqual([]);
    machines.wire = HONEST;
    machines.roundMs = 20_000;
    for (const point of FREE.slice(1)) await ask(point);
    const held = machines.stores[0]!.queries(client);
    const codes = (await attempt(held.slice(-4))).map(({code}) => code);
    expect(codes).toEqual(Array(3).fill("TICKET_USED"));
    expect(() => learnQuery(machines.custodians[0]!, signed, machines.nowMs)).toThrow(
      expect.objectContaining({code: "QUERY_INVALID"}),
    );
    expect([machines.stores[0]!.queries(client), budgets()]).toEqual([held, [94n, 94n, 94n]]);
  });

  test("is one of each ticket", async () => {
    const {content} = machines.ticket(program, inputsOf(FREE[0]!)).signed;
    const alice = machines.quorum.parties.clients[0]!;
    const two = sign(ticket, {...content, evaluations: 2}, (message) => alice.sign(message));
    const parts = await machines.perform(machines.evaluation(program, two));
    expect(parts.map(({code}) => code)).toEqual(Array(3).fill("EVALUATIONS_TOO_MANY"));
  });
});

test("queries of one client go one after the other, those of others beside them", async () => {
  const order: string[] = [];
  let free = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    free = resolve;
  });
  const of = (client: string) => ({programId: new Uint8Array(32), client});
  const first = queries.inTurn(of("alice"), async () => {
    await held;
    order.push("first");
    throw new Error("it failed");
  });
  const second = queries.inTurn(of("alice"), async () => void order.push("second"));
  await queries.inTurn(of("bob"), async () => void order.push("bob"));
  free();
  await expect(first).rejects.toThrow("it failed");
  await second;
  expect(order).toEqual(["bob", "first", "second"]);
});

// The last ones: they change the keys, and erase a custodian's.
describe("what is kept of queries", () => {
  test("is gone with the keys, and their shares off the disk; the score stays", async () => {
    await ask([0n, 5n, 0n]);
    const {inputs} = machines.stores[0]!.query(machines.stores[0]!.queries(client)[0]!)!;
    const path = join(machines.quorum.folder, "machine-0", "custodian.db");
    const isThere = (): boolean =>
      [path, `${path}-wal`].some((file) => readFileSync(file).includes(Buffer.from(inputs.shares)));
    expect(isThere()).toBe(true);
    await machines.agree(machines.refreshJob());
    expect(isThere()).toBe(false);
    expect(machines.stores.map((store) => store.queries(client))).toEqual([[], [], []]);
    expect(scores()).toEqual([1n, 1n, 1n]);
    await machines.stock({triples: 400, masks: 50});
    machines.skipTo(machines.stores[0]!.ranges("triple")[0]!.first, machines.stores[0]!.ranges("mask")[0]!.first);
    await ask([5n, 5n, 1n]);
    expect(scores()).toEqual([1n, 1n, 1n]);
    await ask([5n, 5n, 2n]);
    expect(scores()).toEqual([2n, 2n, 2n]);
  });

  test("is erased where a custodian retires", async () => {
    await ask(FREE[0]!);
    const [store] = machines.stores;
    store!.retire();
    expect(store!.queries(client)).toEqual([]);
  });
});
