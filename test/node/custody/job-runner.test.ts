/** Messages of jobs: what comes early, and what is no message at all. */
import {expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {sha3} from "../../../src/codecs/hash.js";
import {RuleError} from "../../../src/errors.js";
import {JobRunner} from "../../../src/node/custody/job-runner.js";
import {Rpc} from "../../../src/node/custody/rpc.js";
import type {Channel} from "../../../src/node/network/channel/channel.js";
import type {Protocol} from "../../../src/node/quorum/verified/protocol.js";

const jobOf = (name: string): Uint8Array => sha3(utf8(name));
const said = (text: string, job = jobOf("job")) => ({job, round: 0, message: utf8(text)});

test("what one custodian sends for other jobs does not push out what another sent for the one that begins", async () => {
  const runner = new JobRunner({place: 0, n: 3, roundMs: 200, send: () => true, sendLeave: () => undefined});
  runner.take(1, said("early"));
  for (let at = 0; at < 1_000; at++) {
    runner.take(2, said("junk", jobOf(`junk ${at}`)));
    runner.leave(2, jobOf(`more junk ${at}`));
  }
  function* once(): Protocol<(string | null)[]> {
    const heard = yield Array(3).fill(utf8("own"));
    return heard.map((each) => each && Buffer.from(each).toString());
  }
  const running = runner.run(jobOf("job"), once(), [0, 1, 2]);
  runner.take(2, said("late"));
  expect(await running).toEqual({value: ["own", "early", "late"], rounds: 1, sentBytes: 2 * "own".length});
});

test("a round does not end while its thread could hear nobody", async () => {
  const roundMs = 50;
  const runner = new JobRunner({place: 0, n: 2, roundMs, send: () => true, sendLeave: () => undefined});
  function* once(): Protocol<(string | null)[]> {
    const heard = yield Array(2).fill(utf8("own"));
    return heard.map((each) => each && Buffer.from(each).toString());
  }
  const running = runner.run(jobOf("job"), once(), [0, 1]);
  // Both are due when the thread has time again, the end of the round first.
  setTimeout(() => runner.take(1, said("there")), roundMs + 1);
  const end = performance.now() + 4 * roundMs;
  while (performance.now() < end);
  expect((await running).value).toEqual(["own", "there"]);
  // Where nobody says anything it ends all the same.
  const silent = runner.run(jobOf("silent"), once(), [0, 1]);
  const late = performance.now() + 4 * roundMs;
  while (performance.now() < late);
  await expect(silent).rejects.toMatchObject({code: "EVALUATION_ABORTED", details: {culprits: [1]}});
});

test("a message that names no job ends its channel and is not kept", () => {
  let closed = false;
  let take: (message: Uint8Array) => void = () => undefined;
  /** As much of a channel as what comes over it takes. */
  const channel = {
    open: true,
    closed: new Promise<void>(() => undefined),
    receive: (each: typeof take) => {
      take = each;
    },
    close: () => {
      closed = true;
    },
  } as unknown as Channel;
  const left: Uint8Array[] = [];
  const refuse = async (): Promise<never> => {
    throw new Error("nothing is asked");
  };
  new Rpc(channel, {call: refuse, leave: (job) => left.push(job), bug: () => undefined});
  const LEAVE = 4;
  take(Uint8Array.of(LEAVE, 0, 0, 0, 0, ...jobOf("job")));
  expect([left.length, closed]).toEqual([1, false]);
  take(Uint8Array.of(LEAVE, 0, 0, 0, 0, ...new Uint8Array(10_000)));
  expect([left.length, closed]).toEqual([1, true]);
});

test("whoever will not begin tells the others of the job, and not where the same job runs already", async () => {
  const left: [number, Uint8Array][] = [];
  const sendLeave = (to: number, job: Uint8Array): void => void left.push([to, job]);
  const runner = new JobRunner({place: 1, n: 3, roundMs: 90_000, send: () => true, sendLeave});
  const refuse = async (): Promise<never> => {
    throw new RuleError("BUDGET_EXHAUSTED", "budget exhausted");
  };
  const refused = expect.objectContaining({code: "BUDGET_EXHAUSTED"});
  await expect(runner.perform(jobOf("job"), [0, 1, 2], refuse)).rejects.toThrow(refused);
  expect(left).toEqual([0, 2].map((to) => [to, jobOf("job")]));
  function* once(): Protocol<number> {
    yield Array(3).fill(utf8("own"));
    return 7;
  }
  const running = runner.perform(jobOf("other"), [0, 1, 2], async () => once());
  await Promise.resolve();
  await expect(runner.perform(jobOf("other"), [0, 1, 2], refuse)).rejects.toThrow(refused);
  expect(left).toHaveLength(2);
  for (const from of [0, 2]) runner.take(from, said("theirs", jobOf("other")));
  expect(await running).toMatchObject({value: 7});
});

test("whoever's channel ended gets nothing more of a job, and has no more part in it, also when it is back", async () => {
  const sent: [number, string][] = [];
  const runner = new JobRunner({
    ...{place: 0, n: 3, roundMs: 90_000, sendLeave: () => undefined},
    send: (to, {message}) => sent.push([to, Buffer.from(message).toString()]) > 0,
  });
  function* twice(): Protocol<void> {
    yield Array(3).fill(utf8("first"));
    yield Array(3).fill(utf8("share"));
  }
  const running = runner.run(jobOf("job"), twice(), [0, 1, 2]);
  runner.take(1, said("theirs"));
  runner.lost(1);
  runner.take(1, {...said("theirs"), round: 1});
  runner.take(2, said("theirs"));
  const silent = {code: "EVALUATION_ABORTED", details: {reason: "silence", culprits: [1]}};
  await expect(running).rejects.toThrow(expect.objectContaining(silent));
  expect(sent.filter(([to]) => to === 1)).toEqual([[1, "first"]]);
});
