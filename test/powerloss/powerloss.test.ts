/** A few hundred of the states that power cuts leave; `npm run test:powerloss` opens a hundred thousand. */
import {existsSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {checkRecording} from "./check.js";
import {PLANTED} from "./planted.js";
import {buildPreload, unfit} from "./preload.js";
import {type Recording, readRecording} from "./recording.js";
import {WORKLOADS} from "./recordings.js";

const reason = unfit();
const title = `after a power cut${reason === null ? "" : ` (left out: ${reason})`}`;
const scratch = mkdtempSync(path.join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "qsdm-powerloss-"));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

describe.skipIf(reason !== null)(title, () => {
  let library: string;
  let node: Recording;
  const record = async (name: string): Promise<Recording> => {
    const workload = WORKLOADS[name]!;
    return readRecording(workload, await workload.record(library, path.join(scratch, name), {blocks: 2}));
  };
  beforeAll(async () => {
    library = buildPreload(scratch);
    node = await record("node");
  }, 480_000);

  test.each([
    {name: "node", does: "a validator starts", states: 400, contents: 20},
    {name: "import", does: "an import goes on", states: 100, contents: 10},
    {name: "audit", does: "a coordinator's log goes on", states: 100, contents: 10},
    {name: "rig", does: "a rig signs for no height twice", states: 5, contents: 4},
  ])("$does, and has what anybody heard of", {timeout: 480_000}, async ({name, states, contents}) => {
    const options = {seed: 1, states, wholeOneIn: 10, scratch: path.join(scratch, "state")};
    const result = await checkRecording(name === "node" ? node : await record(name), options);
    expect(result.violations).toEqual([]);
    expect(result.states.length).toBeGreaterThanOrEqual(states);
    expect(result.found.length).toBeGreaterThanOrEqual(contents);
  });

  test.each(PLANTED)("it is noticed when $name", {timeout: 480_000}, async ({plant, caughtBy}) => {
    const options = {seed: 1, states: 1_000, scratch: path.join(scratch, "planted"), stopAtFirst: true, wholeOneIn: 10};
    const {violations} = await checkRecording({...node, ops: plant(node.ops)}, options);
    expect(violations[0]?.what).toMatch(caughtBy);
  });
});
