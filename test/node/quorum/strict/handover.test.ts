/** What is handed to the next roster's custodians, and what they could not use. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {bytesOfHex} from "../../../../src/codecs/bytes.js";
import {packProgram, programPackage} from "../../../../src/codecs/quorum/program-package.js";
import {jobDigest} from "../../../../src/codecs/quorum/strict/job.js";
import {takeoverPayload} from "../../../../src/codecs/quorum/strict/rotation.js";
import {sign} from "../../../../src/codecs/quorum/strict/statement.js";
import {prepared} from "../../../../src/codecs/quorum/strict/statements.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {checkRoom, handOver, retire, type SignedHandover} from "../../../../src/node/quorum/strict/handover.js";
import {StrictMachines} from "../../../support/strict-machines.js";
import {StrictQuorum} from "../../../support/strict-quorum.js";

const SECRETS = new Map([["w", 5n]]);
const small = packProgram(compile("input x\nsecret w\nmul y = x w\noutput y"));
// Of 316 triples each: four jobs of three custodians make 171,428, and of five, of whom three open, 109,088.
const lines = Array.from({length: 400}, (_, at) => `lt y${at} = x w\n`).join("");
const costly = packProgram(compile(`input x\nsecret w\n${lines}output y0`));

test("programs with more secrets together than a box has room for are not handed over", () => {
  const wide = (count: number) =>
    packProgram(compile(`${Array.from({length: count}, (_, at) => `secret s${at}\n`).join("")}output s0`));
  const [most, fewer] = [wide(4_096), wide(4_095)];
  // Three times 4,096 elements, one of them the mask.
  expect(() => checkRoom([most, most, fewer])).not.toThrow();
  expect(() => checkRoom([most, most, most])).toThrow(expect.objectContaining({code: "HANDOVER_TOO_WIDE"}));
});

describe("a program that the next custodians could not evaluate", () => {
  let machines: StrictMachines;
  let next: StrictQuorum;
  beforeAll(async () => {
    machines = await StrictMachines.create({n: 3, k: 2});
    next = await StrictQuorum.create({n: 5, k: 3, after: machines.quorum, agreed: [0, 1]});
    for (const program of [small, costly]) {
      for (const custodian of machines.custodians) custodian.install(programPackage.encode(program));
      if (program === small) await machines.agree(machines.refreshJob());
      await machines.agree(machines.depositJob(program, SECRETS));
    }
  });
  afterAll(async () => {
    await machines.stop();
    await next.stop();
  });

  const suspend = (place: number, withdrawn = true) => {
    machines.nowMs++;
    const word = machines.withdrawal(costly, place, {withdrawn});
    for (const custodian of machines.custodians) custodian.suspend(word, machines.nowMs);
  };
  const handedOver = (without: readonly Uint8Array[], at = 0) => {
    const custodian = machines.custodians[at]!;
    const asked = {next: next.roster, run: custodian.ports.store.run() + 1n, without};
    return handOver(custodian, asked, machines.nowMs);
  };
  const retired = (handovers: readonly SignedHandover[]) => {
    const {members, parties, roster} = next;
    const job = {
      ...({roster: members.digest, kind: "takeover", run: 1n, epoch: 1n, participants: [0, 1, 2, 3, 4]} as const),
      payload: takeoverPayload.encode({previous: machines.quorum.roster, next: roster, handovers}),
    };
    const acknowledgements = parties.custodians.map((each, custodian) =>
      sign(prepared, {job: jobDigest(job), custodian}, (message) => each.sign(message)),
    );
    return retire(machines.custodians[0]!, {next: roster, certificate: {job, acknowledgements}}, machines.nowMs);
  };
  const id = bytesOfHex(costly.programId);
  const code = (value: string) => expect.objectContaining({code: value});

  test("is named before anything is handed over", () => {
    const {store} = machines.custodians[0]!.ports;
    const before = store.run();
    expect(() => handedOver([])).toThrow(
      expect.objectContaining({
        code: "PROGRAM_TOO_COSTLY",
        message: expect.stringContaining(costly.programId),
        hint: expect.stringContaining(`--without ${costly.programId}`),
        details: expect.objectContaining({program_id: costly.programId}),
      }),
    );
    expect(store.run()).toBe(before);
  });

  test("is left behind where K custodians suspended it, and nowhere else", () => {
    expect(() => handedOver([id])).toThrow(code("PROGRAM_NOT_SUSPENDED"));
    suspend(1);
    expect(() => handedOver([id])).toThrow(code("PROGRAM_NOT_SUSPENDED"));
    suspend(2);
    expect(() => handedOver([new Uint8Array(32)])).toThrow(code("PROGRAM_UNKNOWN"));
    const {content} = handedOver([id, id]);
    expect(content.left).toEqual([id]);
    expect(content.sharings.map(({programId}) => programId)).toEqual([bytesOfHex(small.programId)]);
  });

  test("is erased with the rest only while it is suspended, and where it was left behind", () => {
    const {store} = machines.custodians[0]!.ports;
    const [first] = [handedOver([id])];
    // As if nobody had said that it is left behind.
    const silent = {...first, content: {...first.content, left: []}};
    expect(() => retired([silent])).toThrow(code("CERTIFICATE_INVALID"));
    suspend(2, false);
    expect(() => retired([first])).toThrow(code("CERTIFICATE_INVALID"));
    expect(store.retired()).toBe(false);
    suspend(2);
    expect(retired([first]).content.custodian).toBe(0);
    expect([store.retired(), store.sharing(costly.programId)]).toEqual([true, null]);
  });
});
