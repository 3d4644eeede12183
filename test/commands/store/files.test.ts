/** Files that are written whole or not at all, and what a killed writer leaves beside them. */
import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from "node:fs";
import path from "node:path";
import {expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {writeParts} from "../../../src/commands/store/files.js";
import {scratchDirectory} from "../../support/chain.js";

/** Linux has no process of a number above 2^22. */
const NO_PROCESS = 2 ** 22 + 1;

/** A writer that goes on once `go` is called. */
function paused(file: string): {readonly done: Promise<number>; readonly begun: Promise<void>; go(): void} {
  let go = (): void => undefined;
  let begin = (): void => undefined;
  const going = new Promise<void>((resolve) => {
    go = resolve;
  });
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  async function* parts(): AsyncGenerator<Uint8Array> {
    begin();
    yield utf8("slow");
    await going;
    yield utf8("ly");
  }
  return {done: writeParts(file, parts(), true), begun, go};
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield utf8(text);
}

test("what a killed export left is cleared by the next one, and nothing of one that runs or of anybody else", async () => {
  const folder = scratchDirectory();
  const file = path.join(folder, "chain.qsdm");
  const left = paused(file);
  await left.begun;
  const [draft = ""] = readdirSync(folder);
  expect(draft).toContain(`-${process.pid}.`);
  left.go();
  await left.done;
  renameSync(file, path.join(folder, draft.replace(`-${process.pid}.`, `-${NO_PROCESS}.`)));
  const others = [
    "other.qsdm",
    `other.qsdm${draft.slice("chain.qsdm".length)}`,
    "chain.qsdm.part",
    "chain.qsdm.1-2.x.part",
  ];
  // Of another machine that has the folder too, where this number may be that of a process.
  others.push(draft.replace(/\.[0-9a-f]{8}-\d+\./, `.00000000-${NO_PROCESS}.`));
  for (const name of others) writeFileSync(path.join(folder, name), "mine");

  const running = paused(file);
  await running.begun;
  await writeParts(file, once("quick"), false);
  expect(readFileSync(file, "utf8")).toBe("quick");
  running.go();
  await running.done;
  expect(readFileSync(file, "utf8")).toBe("slowly");
  expect(readdirSync(folder).sort()).toEqual(["chain.qsdm", ...others].sort());
});

test("what was left and may not be removed is no reason not to write", async () => {
  const folder = scratchDirectory();
  const file = path.join(folder, "chain.qsdm");
  const slow = paused(file);
  await slow.begun;
  const [draft = ""] = readdirSync(folder);
  slow.go();
  await slow.done;
  // As another user's in a folder of everybody's: nobody, not even root, removes a folder as a file.
  const left = draft.replace(`-${process.pid}.`, `-${NO_PROCESS}.`);
  mkdirSync(path.join(folder, left));
  await writeParts(file, once("quick"), true);
  expect(readdirSync(folder).sort()).toEqual(["chain.qsdm", left]);
});

test("a writer that fails leaves nothing", async () => {
  const file = path.join(scratchDirectory(), "chain.qsdm");
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield utf8("some");
    throw new Error("no more");
  }
  await expect(writeParts(file, failing(), false)).rejects.toThrow("no more");
  expect([existsSync(file), readdirSync(path.dirname(file))]).toEqual([false, []]);
});
