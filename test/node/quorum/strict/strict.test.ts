/** Custodians of the strict profile as machines: what they compute together, and what they make of cheats. */
import {rmSync} from "node:fs";
import {join} from "node:path";
import fc from "fast-check";
import {afterAll, afterEach, beforeAll, describe, expect, test} from "vitest";
import {concat} from "../../../../src/codecs/bytes.js";
import {packProgram, programPackage, readPackage} from "../../../../src/codecs/quorum/program-package.js";
import {evaluatePayload, stockPayload} from "../../../../src/codecs/quorum/strict/job.js";
import {sign} from "../../../../src/codecs/quorum/strict/statement.js";
import {maskRequest, prepared, ticket} from "../../../../src/codecs/quorum/strict/statements.js";
import type {QsdmError} from "../../../../src/errors.js";
import {packElements, unpackElements} from "../../../../src/node/quorum/field/bytes.js";
import {add} from "../../../../src/node/quorum/field/field.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {evaluate} from "../../../../src/node/quorum/program/evaluate.js";
import {reconstruct} from "../../../../src/node/quorum/sharing/shamir.js";
import {withPolicy} from "../../../support/packages.js";
import {HONEST, type Part, StrictMachines, type StrictWire} from "../../../support/strict-machines.js";

const LOOSE = {policy: {budgetPerIdentity: 1_000n, maxEvalsPerMinute: 1_000n}};
const PROGRAM = packProgram(compile("input x\nsecret s\nmul a = x x\nmul b = a x\nadd y = b s\noutput y"), LOOSE);
const SECRETS = new Map([["s", 1_000n]]);
const INPUTS = new Map([["x", 3n]]);
const RIGHT = [...evaluate(PROGRAM.ir, {inputs: INPUTS, secrets: SECRETS})];

/** What goes before elements in the first message: what was heard, and commitments to two challenges. */
const HEAD_BYTES = 3 * 32;
/** The first element of a message moved. */
const moved = (message: Uint8Array, head = HEAD_BYTES): Uint8Array => {
  const [first = 0n, ...others] = unpackElements(message.subarray(head));
  return concat(message.subarray(0, head), packElements([add(first, 5n), ...others]));
};
/** Time for a round where somebody is silent, and the others may have a busy machine. */
const SILENCE_MS = 3_000;

/** A cheat of `cheater` with its message of one round. */
const cheat =
  (cheater: number, round: number, deed: StrictWire): StrictWire =>
  (message, way) =>
    way.from === cheater && message.round === round ? deed(message, way) : [message];

describe("two of four", () => {
  let machines: StrictMachines;
  beforeAll(async () => {
    machines = await StrictMachines.create({n: 4, k: 2});
    await machines.prepare(PROGRAM, SECRETS, {triples: 200, masks: 200});
  });
  afterEach(() => {
    machines.wire = HONEST;
    machines.roundMs = 20_000;
  });
  afterAll(() => machines.stop());

  const results = (parts: readonly Part[], masks: readonly bigint[]) =>
    machines.outputs(PROGRAM, parts, masks).map((each) => [...each]);
  const attempt = async (wire: StrictWire, participants?: readonly number[]) => {
    const {signed, outputMasks} = machines.ticket(PROGRAM, INPUTS);
    machines.wire = wire;
    const job = machines.evaluation(PROGRAM, signed, participants);
    const parts = await machines.perform(job);
    machines.wire = HONEST;
    const honest = parts.filter(({place}) => place !== 1);
    return {parts, honest, signed, outputMasks, job};
  };

  test("everyone has the result of the clear, and a result alone says nothing without its mask", async () => {
    const {parts, outputMasks} = await attempt(HONEST);
    expect(results(parts, outputMasks)).toEqual(Array(4).fill(RIGHT));
    const [bare] = machines.outputs(PROGRAM, parts, [0n]);
    expect([...bare!]).not.toEqual(RIGHT);
  });

  test("inputs of any size give what they give in the clear", async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({min: 0n, max: 2n ** 127n - 2n}), async (x) => {
        const inputs = new Map([["x", x]]);
        const {signed, outputMasks} = machines.ticket(PROGRAM, inputs);
        const parts = await machines.perform(machines.evaluation(PROGRAM, signed));
        const results = machines.outputs(PROGRAM, parts, outputMasks);
        expect(results).toHaveLength(4);
        for (const each of results) expect([...each]).toEqual([...evaluate(PROGRAM.ir, {inputs, secrets: SECRETS})]);
      }),
      {numRuns: 5},
    );
  });

  test("a wrong share is named by all others", async () => {
    const {honest} = await attempt(cheat(1, 0, (message) => [{...message, message: moved(message.message)}]));
    for (const {reason, culprits} of honest) expect([reason, culprits]).toEqual(["inconsistent-opening", [1]]);
  });

  test("silence is named by all others, once its time is up", async () => {
    machines.roundMs = SILENCE_MS;
    const {honest} = await attempt(cheat(1, 1, () => []));
    for (const {reason, culprits} of honest) expect([reason, culprits]).toEqual(["silence", [1]]);
  });

  test("a message sent twice is named by whoever gets it", async () => {
    // Of what comes before a job begins, only the first is kept.
    const {honest} = await attempt(cheat(1, 1, (message) => [message, message]));
    expect(honest.some(({reason, culprits}) => reason === "replay" && culprits[0] === 1)).toBe(true);
    for (const {culprits} of honest) expect(culprits.every((place) => place === 1)).toBe(true);
  });

  test("a message of a round that is not there is named", async () => {
    const {honest} = await attempt(cheat(1, 1, (message) => [{...message, round: 9}, message]));
    expect(honest.some(({reason, culprits}) => reason === "malformed" && culprits[0] === 1)).toBe(true);
  });

  test("different shares to different custodians give nobody a wrong result", async () => {
    const wire = cheat(1, 0, (message, {to}) => [to === 0 ? {...message, message: moved(message.message)} : message]);
    const {parts, honest, outputMasks} = await attempt(wire, [0, 1]);
    expect(machines.outputs(PROGRAM, parts, outputMasks)).toEqual([]);
    for (const {culprits} of honest) expect(culprits.filter((place) => place !== 1)).toEqual([]);
  });

  test("a ticket is for no more evaluations than masks were given for, and than any ticket is for", async () => {
    const alice = machines.quorum.parties.clients[0]!;
    for (const [evaluations, code] of [
      [0, "EVALUATIONS_TOO_MANY"],
      [2, "MASKS_UNKNOWN"],
      [33, "EVALUATIONS_TOO_MANY"],
    ] as const) {
      const {content} = machines.ticket(PROGRAM, INPUTS).signed;
      const masked = concat(...Array.from({length: evaluations}, () => content.masked));
      const wrong = sign(ticket, {...content, evaluations, masked}, (message) => alice.sign(message));
      const parts = await machines.perform(machines.evaluation(PROGRAM, wrong));
      expect(parts.map((part) => part.code)).toEqual(Array(4).fill(code));
    }
  });

  test("a ticket is tried again without the one that was named, once for each attempt, and not after a result", async () => {
    machines.roundMs = SILENCE_MS;
    const {signed, outputMasks, job} = await attempt(cheat(1, 1, () => []));
    machines.roundMs = 20_000;
    expect((await machines.perform(job)).map(({code}) => code)).toEqual(Array(4).fill("TICKET_USED"));
    const again = machines.evaluation(PROGRAM, signed, [0, 2, 3]);
    const parts = await machines.perform(again);
    expect(results(parts, outputMasks)).toEqual(Array(3).fill(RIGHT));
    const third = await machines.perform(machines.evaluation(PROGRAM, signed, [0, 2, 3]));
    expect(third.map(({code}) => code)).toEqual(Array(3).fill("TICKET_USED"));
  });

  test("one that refuses to begin says so: nobody waits for it, or names it", async () => {
    const {signed} = machines.ticket(PROGRAM, INPUTS);
    machines.custodians[2]!.suspend(machines.withdrawal(PROGRAM, 2), machines.nowMs);
    const parts = await machines.perform(machines.evaluation(PROGRAM, signed));
    machines.custodians[2]!.suspend(
      machines.withdrawal(PROGRAM, 2, {withdrawn: false, atMs: machines.nowMs + 1}),
      machines.nowMs,
    );
    const ended = {code: "EVALUATION_ABORTED", reason: "given-up", culprits: []};
    for (const part of parts) expect(part).toMatchObject(part.place === 2 ? {code: "PROGRAM_SUSPENDED"} : ended);
  });

  test("triples are used once, whatever a coordinator says", async () => {
    const first = machines.ticket(PROGRAM, INPUTS);
    const job = machines.evaluation(PROGRAM, first.signed);
    await machines.perform(job);
    const second = machines.ticket(PROGRAM, INPUTS);
    const {payload} = machines.evaluation(PROGRAM, second.signed);
    expect(payload).not.toEqual(job.payload);
    const stolen = {...evaluatePayload.decode(payload), firstTriple: evaluatePayload.decode(job.payload).firstTriple};
    const parts = await machines.perform(machines.job("evaluate", evaluatePayload.encode(stolen), {epoch: job.epoch}));
    expect(parts.map(({code}) => code)).toEqual(Array(4).fill("STOCK_EXHAUSTED"));
  });

  test("a number that is given to two evaluations, each of other custodians, is two triples", async () => {
    const tickets = [machines.ticket(PROGRAM, INPUTS), machines.ticket(PROGRAM, INPUTS)];
    const [firstJob, secondJob] = tickets.map(({signed}, at) =>
      machines.evaluation(PROGRAM, signed, [2 * at, 2 * at + 1]),
    );
    const {firstTriple} = evaluatePayload.decode(firstJob!.payload);
    const payload = evaluatePayload.encode({...evaluatePayload.decode(secondJob!.payload), firstTriple});
    const opened: bigint[] = [];
    for (const [at, job] of [firstJob!, {...secondJob!, payload}].entries()) {
      const points = new Map<bigint, bigint>();
      machines.wire = (message, {from}) => {
        if (message.round === 0) points.set(BigInt(from + 1), unpackElements(message.message.subarray(HEAD_BYTES))[0]!);
        return [message];
      };
      const parts = await machines.perform(job);
      expect(results(parts, tickets[at]!.outputMasks)).toEqual(Array(2).fill(RIGHT));
      opened.push(reconstruct([...points].map(([x, y]) => ({x, y}))));
    }
    // The first product multiplies the same 3 both times: what hides it is not the same.
    expect(opened[0]).not.toBe(opened[1]);
  });

  test("a number that is given to two requests, each by other custodians, is two masks", async () => {
    const {first: start} = machines.stores[0]!.ranges("mask")[0]!;
    const [one, other] = [
      machines.ticket(PROGRAM, INPUTS, {among: [0, 1], first: start}),
      machines.ticket(PROGRAM, INPUTS, {among: [2, 3], first: start}),
    ];
    expect(one!.outputMasks).not.toEqual(other!.outputMasks);
    machines.roundMs = SILENCE_MS;
    const parts = await machines.perform(machines.evaluation(PROGRAM, one!.signed, [0, 1, 2]));
    expect(parts[2]!.code).toBe("MASKS_UNKNOWN");
    machines.roundMs = 20_000;
    const alone = await machines.perform(machines.evaluation(PROGRAM, one!.signed, [0, 1]));
    expect(results(alone, one!.outputMasks)).toEqual(Array(2).fill(RIGHT));
  });

  test("a request that is old, of a stranger, of another program's roster or changed is refused", () => {
    const alice = machines.quorum.parties.clients[0]!;
    const request = (change: object) => {
      const content = {
        ...machines.statement(PROGRAM),
        evaluations: 1,
        sealingKey: alice.card("alice").sealingKey,
        ...change,
      };
      return sign(maskRequest, content, (message) => alice.sign(message));
    };
    const ask = (signed: ReturnType<typeof request>) => () =>
      machines.custodians[0]!.masks(signed, 10_000n, machines.nowMs);
    expect(ask(request({notAfterMs: BigInt(machines.nowMs - 1)}))).toThrow(
      expect.objectContaining({code: "STATEMENT_EXPIRED"}),
    );
    expect(ask(request({notAfterMs: 2n ** 60n}))).toThrow(expect.objectContaining({code: "STATEMENT_TOO_LONG"}));
    expect(ask(request({client: "mallory"}))).toThrow(expect.objectContaining({code: "CLIENT_UNKNOWN"}));
    expect(ask(request({client: "bob"}))).toThrow(expect.objectContaining({code: "SIGNATURE_INVALID"}));
    expect(ask(request({roster: new Uint8Array(32)}))).toThrow(expect.objectContaining({code: "ROSTER_MISMATCH"}));
    expect(ask(request({programId: new Uint8Array(32)}))).toThrow(expect.objectContaining({code: "PROGRAM_UNKNOWN"}));
    for (const evaluations of [0, 33, 2 ** 32 - 1])
      expect(ask(request({evaluations}))).toThrow(expect.objectContaining({code: "EVALUATIONS_TOO_MANY"}));
    expect(ask(request({}))).toThrow(expect.objectContaining({code: "STOCK_EXHAUSTED"}));
  });

  test("one that takes no part in an evaluation cannot end it", async () => {
    const {signed, outputMasks} = machines.ticket(PROGRAM, INPUTS);
    machines.wire = (message, {from}) => {
      if (from === 0) for (const to of [0, 2, 3]) machines.deliver(1, to, {...message, round: 5});
      return [message];
    };
    const parts = await machines.perform(machines.evaluation(PROGRAM, signed, [0, 2, 3]));
    expect(results(parts, outputMasks)).toEqual(Array(3).fill(RIGHT));
  });

  test("masks that a client does not use go, so that it is not locked out", () => {
    const alice = machines.quorum.parties.clients[0]!;
    const ask = (first: bigint) => {
      const content = {...machines.statement(PROGRAM), evaluations: 1, sealingKey: alice.card("alice").sealingKey};
      return machines.custodians[0]!.masks(
        sign(maskRequest, content, (m) => alice.sign(m)),
        first,
        machines.nowMs,
      );
    };
    const {store} = machines.custodians[0]!.ports;
    const {first} = store.ranges("mask")[0]!;
    let last = first;
    const refused = (): boolean => {
      try {
        ask(last);
        last += 2n;
        return false;
      } catch (error) {
        return (error as QsdmError).code === "RESERVATIONS_TOO_MANY";
      }
    };
    while (!refused()) expect(last).toBeLessThanOrEqual(first + 128n);
    expect(() => ask(last)).toThrow(expect.objectContaining({code: "RESERVATIONS_TOO_MANY"}));
    machines.nowMs += 600_001;
    expect(ask(last).content.count).toBe(2);
  });

  test("an approval in another custodian's name is refused", () => {
    const forged = machines.approval(PROGRAM, 2, 1);
    expect(() => machines.custodians[0]!.approve(forged, machines.nowMs)).toThrow(
      expect.objectContaining({code: "APPROVAL_INVALID"}),
    );
  });

  test("a suspension in another's name or of a time to come is refused, and an older one changes nothing", () => {
    const custodian = machines.custodians[3]!;
    const withdrawals = () => custodian.status(machines.nowMs, 0).programs[0]!.withdrawals;
    const invalid = expect.objectContaining({code: "WITHDRAWAL_INVALID"});
    const forged = machines.withdrawal(PROGRAM, 2, {by: 1});
    expect(() => custodian.suspend(forged, machines.nowMs)).toThrow(invalid);
    const future = machines.withdrawal(PROGRAM, 2, {atMs: machines.nowMs + 60_001});
    expect(() => custodian.suspend(future, machines.nowMs)).toThrow(invalid);
    const other = {...machines.withdrawal(PROGRAM, 2)};
    const elsewhere = {...other, content: {...other.content, roster: new Uint8Array(32)}};
    expect(() => custodian.suspend(elsewhere, machines.nowMs)).toThrow(
      expect.objectContaining({code: "ROSTER_MISMATCH"}),
    );
    const [first, second] = [0, 1].map((more) => machines.nowMs + more) as [number, number];
    custodian.suspend(machines.withdrawal(PROGRAM, 2, {atMs: first}), machines.nowMs);
    expect(withdrawals()).toBe(1);
    custodian.suspend(machines.withdrawal(PROGRAM, 2, {withdrawn: false, atMs: second}), machines.nowMs);
    custodian.suspend(machines.withdrawal(PROGRAM, 2, {atMs: first}), machines.nowMs);
    expect(withdrawals()).toBe(0);
  });

  test("a program that takes more triples than can be made for it is not installed", () => {
    const lines = Array.from({length: 380}, (_, at) => `lt y${at} = x x\n`);
    const costly = packProgram(compile(`input x\n${lines.join("")}output y1`));
    expect(() => machines.custodians[0]!.install(programPackage.encode(costly))).toThrow(
      expect.objectContaining({code: "PROGRAM_TOO_COSTLY"}),
    );
  });

  test("secrets that are shared are not shared again", async () => {
    const parts = await machines.perform(machines.depositJob(PROGRAM, new Map([["s", 6n]])));
    expect(parts.map(({code}) => code)).toEqual(Array(4).fill("SECRETS_SHARED"));
  });

  test("a custodian that deals another shares of something else at a refresh does not get it named", async () => {
    // Keys take two rounds.
    machines.wire = cheat(1, 2, (message, {to}) => [
      to === 3 ? {...message, message: moved(message.message, 0)} : message,
    ]);
    const parts = await machines.perform(machines.refreshJob());
    for (const {reason, culprits} of parts) expect([reason, culprits]).toEqual(["inconsistent-opening", []]);
  });

  test("a job's number counts once, and a job of everyone needs everyone", async () => {
    const job = {...machines.refreshJob(), run: 1n};
    expect((await machines.perform(job)).map(({code}) => code)).toEqual(Array(4).fill("JOB_REPEATED"));
    const few = {...machines.refreshJob(), participants: [0, 1, 2]};
    expect((await machines.perform(few)).map(({code}) => code)).toEqual(Array(3).fill("JOB_INVALID"));
  });

  test("nothing is drawn twice, whatever numbers jobs are given", async () => {
    const [store] = machines.stores;
    const firstTriple = store!.nextOf("triple", 0);
    const make = async (run: bigint, first: bigint) => {
      const firstMask = store!.nextOf("mask", 0);
      const payload = stockPayload.encode({firstTriple: first, triples: 1, firstMask, masks: 0});
      return (await machines.perform({...machines.job("stock", payload), run})).map(({code}) => code);
    };
    const {run} = machines.job("stock", new Uint8Array());
    expect(await make(run, firstTriple)).toEqual(Array(4).fill(null));
    machines.run = run + 2n ** 32n;
    expect(await make(machines.run, firstTriple + 1n)).toEqual(Array(4).fill(null));
    const [first, second] = [0n, 1n].map((at) => {
      const range = {first: firstTriple + at, count: 1};
      expect(store!.lease("triple", range)).toBe(true);
      return store!.take("triple", range);
    });
    expect(unpackElements(second!)[0]).not.toBe(unpackElements(first!)[0]);
  });

  test("no job takes so large a number that none is left", async () => {
    const [store] = machines.stores;
    const next = {firstTriple: store!.nextOf("triple", 0), firstMask: store!.nextOf("mask", 0), triples: 1, masks: 1};
    for (const [change, run] of [
      [{}, 2n ** 63n],
      [{firstTriple: 2n ** 63n - 2n}, ++machines.run],
      [{firstMask: 2n ** 64n - 1n}, ++machines.run],
    ] as const) {
      const job = {...machines.job("stock", stockPayload.encode({...next, ...change})), run};
      expect((await machines.perform(job)).map(({code}) => code)).toEqual(Array(4).fill("JOB_INVALID"));
    }
    expect(store!.lease("mask", {first: 2n ** 64n - 2n, count: 1})).toBe(false);
  });

  test("new shares are used when all have them: one that missed the news is behind, and told later", async () => {
    const job = machines.refreshJob();
    const acknowledgements = (await machines.perform(job)).map(({outcome}) => prepared.decode(outcome!));
    const partly = {job, acknowledgements: acknowledgements.slice(1)};
    expect(() => machines.custodians[0]!.commit(partly)).toThrow(
      expect.objectContaining({code: "CERTIFICATE_INVALID"}),
    );
    for (const place of [0, 1, 2]) machines.custodians[place]!.commit({job, acknowledgements});
    const stale = await machines.stock({triples: 4, masks: 4});
    expect(stale[3]!.code).toBe("STALE_EPOCH");
    machines.restart(3);
    machines.custodians[3]!.commit({job, acknowledgements});
    expect((await machines.stock({triples: 4, masks: 4})).map(({code}) => code)).toEqual(Array(4).fill(null));
    // A coordinator that connects brings the certificate again: masks that were given meanwhile stay.
    const first = machines.custodians[0]!.status(machines.nowMs, 0).nextMask - 4n;
    machines.ticket(PROGRAM, INPUTS, {first});
    for (const each of machines.custodians) each.commit({job, acknowledgements});
    expect(machines.custodians.map(({reservations}) => reservations.evaluations)).toEqual(Array(4).fill(1));
  });

  test("a custodian that lost its disk gets its shares back, and one that has its own takes none", async () => {
    machines.restart(2, "empty");
    rmSync(join(machines.quorum.folder, "machine-2"), {recursive: true});
    const unasked = await machines.perform(machines.refreshJob([1]));
    expect(unasked[1]!.code).toBe("JOB_INVALID");
    machines.custodians[2]!.install(programPackage.encode(PROGRAM));
    const parts = await machines.agree(machines.refreshJob([2]));
    expect(parts.map(({code}) => code)).toEqual(Array(4).fill(null));
    const shares = machines.stores.map((store, at) => ({
      x: BigInt(at + 1),
      y: store.sharing(PROGRAM.programId)!.secrets.get("s")!.share,
    }));
    expect([reconstruct(shares.slice(1, 3)), reconstruct(shares.slice(2))]).toEqual([1_000n, 1_000n]);
  });

  test("what all have prepared stays whole when a certificate of before comes again", async () => {
    const own = packProgram(compile("input x\nsecret w\nadd y = x w\noutput y"), {policy: {budgetPerIdentity: 9n}});
    for (const each of machines.custodians) each.install(programPackage.encode(own));
    const before = machines.depositJob(own, new Map([["w", 5n]]));
    const given = await machines.agree(before);
    const job = machines.refreshJob();
    const parts = await machines.perform(job);
    const of = (all: readonly Part[]) => all.map(({outcome}) => prepared.decode(outcome!));
    // Another coordinator connects now, and brings what it knows.
    for (const each of machines.custodians) each.commit({job: before, acknowledgements: of(given)});
    for (const each of machines.custodians) each.commit({job, acknowledgements: of(parts)});
    for (const store of machines.stores) expect(store.sharing(own.programId)).toMatchObject({run: job.run});
  });

  test("nothing is shared under keys that others, which know nothing of it, may replace at any time", async () => {
    const own = packProgram(compile("input x\nsecret w\nsub y = x w\noutput y"), {policy: {budgetPerIdentity: 9n}});
    for (const each of machines.custodians) each.install(programPackage.encode(own));
    const job = machines.refreshJob();
    const parts = await machines.perform(job);
    const secrets = new Map([["w", 5n]]);
    const refused = await machines.agree(machines.depositJob(own, secrets));
    expect(refused.map(({code}) => code)).toEqual(Array(4).fill("KEYS_PENDING"));
    await machines.agree(machines.refreshJob());
    const given = machines.depositJob(own, secrets);
    expect((await machines.agree(given)).map(({code}) => code)).toEqual(Array(4).fill(null));
    // The coordinator that had the first keys made is there again.
    const acknowledgements = parts.map(({outcome}) => prepared.decode(outcome!));
    for (const each of machines.custodians) each.commit({job, acknowledgements});
    for (const store of machines.stores) expect(store.sharing(own.programId)).toMatchObject({run: given.run});
  });

  test("nothing is shared under keys that are about to be replaced since the job began", async () => {
    const own = packProgram(compile("input x\nsecret w\nmul y = x w\noutput y"), {policy: {budgetPerIdentity: 9n}});
    for (const each of machines.custodians) each.install(programPackage.encode(own));
    const deposit = machines.depositJob(own, new Map([["w", 5n]]));
    const epoch = machines.run + 1n;
    machines.wire = (message) => {
      machines.wire = HONEST;
      machines.stores[0]!.prepare(new Uint8Array(32), {epoch, sets: [], alpha: 1n}, []);
      return [message];
    };
    const [first, ...others] = await machines.perform(deposit);
    expect(first!.code).toBe("KEYS_PENDING");
    expect(others.map(({code}) => code)).toEqual(Array(3).fill(null));
  });
});

test("a custodian takes no program whose policy it does not know whole", async () => {
  const machines = await StrictMachines.create({n: 3, k: 2});
  try {
    const [custodian] = machines.custodians;
    const unknown = programPackage.encode(readPackage(withPolicy(PROGRAM, {later_control: 7n})));
    expect(() => custodian!.install(unknown)).toThrow(
      expect.objectContaining({code: "POLICY_UNKNOWN", details: {members: ["later_control"]}}),
    );
    expect(machines.stores[0]!.programs()).toEqual([]);
  } finally {
    await machines.stop();
  }
});

test("budget and rate are each custodian's own to keep", async () => {
  const small = packProgram(compile("input x\nadd y = x x\noutput y"), {
    policy: {costPerEval: 2n, budgetPerIdentity: 5n, maxEvalsPerMinute: 1n},
  });
  const machines = await StrictMachines.create({n: 3, k: 2});
  try {
    await machines.prepare(small, new Map());
    const once = async () => {
      const {signed} = machines.ticket(small, INPUTS);
      return (await machines.perform(machines.evaluation(small, signed))).map(({code}) => code);
    };
    expect(await once()).toEqual([null, null, null]);
    expect(await once()).toEqual(Array(3).fill("RATE_EXCEEDED"));
    machines.nowMs += 60_000;
    expect(await once()).toEqual([null, null, null]);
    machines.nowMs += 60_000;
    expect(await once()).toEqual(Array(3).fill("BUDGET_EXHAUSTED"));
  } finally {
    await machines.stop();
  }
});

test("the budget of all clients and the time between evaluations survive a restart, and a ticket is for one", async () => {
  const small = packProgram(compile("input x\nadd y = x x\noutput y"), {
    policy: {budgetPerIdentity: 10n, budgetTotal: 2n, minSpacingMs: 5_000n},
  });
  const machines = await StrictMachines.create({n: 3, k: 2});
  try {
    await machines.prepare(small, new Map());
    const once = async (client: "alice" | "bob") => {
      const {signed} = machines.ticket(small, INPUTS, {client});
      return (await machines.perform(machines.evaluation(small, signed))).map(({code}) => code);
    };
    expect(await once("alice")).toEqual([null, null, null]);
    for (const place of machines.everyone) machines.restart(place);
    await machines.stock({triples: 20, masks: 20});
    machines.nowMs += 4_999;
    expect(await once("alice")).toEqual(Array(3).fill("TOO_SOON"));
    expect(await once("bob")).toEqual([null, null, null]);
    expect(machines.custodians[0]!.status(machines.nowMs, 0).programs[0]!.budgetLeft).toBe(0n);
    machines.nowMs += 5_000;
    expect(await once("alice")).toEqual(Array(3).fill("PROGRAM_BUDGET_EXHAUSTED"));
    expect(() => machines.ticket(small, INPUTS, {evaluations: 2})).toThrow(
      expect.objectContaining({code: "EVALUATIONS_TOO_MANY"}),
    );
  } finally {
    await machines.stop();
  }
});

test("what a policy rounds away is in nobody's result", async () => {
  const rounding = packProgram(PROGRAM.ir, {policy: {...LOOSE.policy, outputRoundingBits: 5n}});
  const machines = await StrictMachines.create({n: 3, k: 2});
  try {
    await machines.prepare(rounding, SECRETS, {triples: 400, masks: 20});
    const {signed, outputMasks} = machines.ticket(rounding, INPUTS);
    const parts = await machines.perform(machines.evaluation(rounding, signed));
    // 27 + 1,000 is 32 times 32, and 3 more.
    const expected = Array(3).fill([["y", 1_024n]]);
    expect(machines.outputs(rounding, parts, outputMasks).map((each) => [...each])).toEqual(expected);
  } finally {
    await machines.stop();
  }
});

test("four of seven go on while three fall silent in the middle of evaluations", async () => {
  const machines = await StrictMachines.create({n: 7, k: 4});
  try {
    await machines.prepare(PROGRAM, SECRETS, {triples: 20, masks: 4});
    const {signed, outputMasks} = machines.ticket(PROGRAM, INPUTS);
    let live: readonly number[] = machines.everyone;
    for (const [gone, round] of [
      [6, 0],
      [0, 1],
      [3, 2],
    ] as const) {
      machines.roundMs = SILENCE_MS;
      machines.wire = cheat(gone, round, () => []);
      const parts = await machines.perform(machines.evaluation(PROGRAM, signed, live));
      for (const {place, culprits} of parts) if (place !== gone) expect(culprits).toEqual([gone]);
      live = live.filter((place) => place !== gone);
    }
    machines.wire = HONEST;
    machines.roundMs = 20_000;
    const parts = await machines.perform(machines.evaluation(PROGRAM, signed, live));
    const outputs = machines.outputs(PROGRAM, parts, outputMasks);
    expect(outputs.map((each) => [...each])).toEqual(Array(4).fill(RIGHT));
  } finally {
    await machines.stop();
  }
});

test("an owner who deals one custodian other shares does not get it named", async () => {
  const machines = await StrictMachines.create({n: 5, k: 2});
  try {
    await machines.agree(machines.refreshJob());
    for (const custodian of machines.custodians) custodian.install(programPackage.encode(PROGRAM));
    const parts = await machines.perform(machines.depositJob(PROGRAM, SECRETS, 3));
    for (const {reason, culprits} of parts) expect([reason, culprits]).toEqual(["inconsistent-opening", []]);
  } finally {
    await machines.stop();
  }
});
