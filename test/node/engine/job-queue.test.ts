import {expect, test} from "vitest";
import {JobQueue} from "../../../src/node/engine/job-queue.js";

test("a job that comes as the last one ends is run", async () => {
  const failures: unknown[] = [];
  const queue = new JobQueue({nowMs: () => 0, failed: (error) => failures.push(error)});
  const ran: number[] = [];
  for (const each of [1, 2, 3])
    await queue.add(async () => {
      ran.push(each);
      return "accept";
    });
  await queue.end();
  expect({ran, failures}).toEqual({ran: [1, 2, 3], failures: []});
});

test("a job that brings another has ended before that one begins", async () => {
  const queue = new JobQueue({nowMs: () => 0, failed: () => {}});
  const said: string[] = [];
  await queue.add(async () => {
    void queue.add(async () => {
      said.push("second");
      return "accept";
    });
    await Promise.resolve();
    said.push("first");
    return "accept";
  });
  await queue.end();
  expect(said).toEqual(["first", "second"]);
});
