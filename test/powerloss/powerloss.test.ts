/** A few hundred of the states that power cuts leave; `npm run test:powerloss` opens a hundred thousand. */
import {existsSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {checkRecording} from "./check.js";
import {recordNode} from "./node-recording.js";
import {PLANTED} from "./planted.js";
import {buildPreload, unfit} from "./preload.js";
import type {Recording} from "./recording.js";

const reason = unfit();
const title = `after a power cut${reason === null ? "" : ` (left out: ${reason})`}`;
const scratch = mkdtempSync(path.join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "qsdm-powerloss-"));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

describe.skipIf(reason !== null)(title, () => {
  let node: Recording;
  beforeAll(async () => {
    node = await recordNode(buildPreload(scratch), path.join(scratch, "recording"), {blocks: 2, startsOneIn: 10});
  });

  test("a validator starts, and has what anybody heard of", {timeout: 120_000}, async () => {
    const options = {seed: 1, share: 0.01, drawn: 0, scratch: path.join(scratch, "state")};
    const {states, found, violations} = await checkRecording(node, options);
    expect(violations).toEqual([]);
    expect(states).toBeGreaterThan(200);
    expect(found).toBeGreaterThan(20);
  });

  test.each(PLANTED)("it is noticed when $name", {timeout: 120_000}, async ({plant, caughtBy}) => {
    const options = {seed: 1, share: 0.03, drawn: 0, scratch: path.join(scratch, "planted"), stopAtFirst: true};
    const {violations} = await checkRecording({...node, ops: plant(node.ops)}, options);
    expect(violations[0]?.what).toMatch(caughtBy);
  });
});
