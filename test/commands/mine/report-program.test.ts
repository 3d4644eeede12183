/** Programs that are asked for a GPU's report, as real processes. */
import {mkdtempSync} from "node:fs";
import {readFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {expect, test} from "vitest";
import {hexOf, textOf} from "../../../src/codecs/bytes.js";
import {runReportProgram} from "../../../src/commands/mine/report-program.js";
import {eventually} from "../../support/node.js";

const request = {nonce: new Uint8Array(32).fill(0xa5), nodeId: "rig-1", height: 2n ** 60n};
const never = new AbortController().signal;
const ask = (command: string, timeoutMs?: number, signal = never) =>
  runReportProgram(command, request, signal, timeoutMs);
const failed = (message: string) => ({code: "REPORT_PROGRAM_FAILED", message: expect.stringContaining(message)});

test("a program reads the nonce as one line of JSON, and what it prints is the report", async () => {
  expect(JSON.parse(textOf(await ask("cat")))).toEqual({
    schema: 1,
    nonce: hexOf(request.nonce),
    node_id: "rig-1",
    height: `${2n ** 60n}`,
  });
  expect(await ask("printf '\\001\\377'")).toEqual(Uint8Array.of(1, 255));
});

test.each([
  ["fails", "echo working >&2; echo no GPU >&2; exit 3", "ended with 3: no GPU"],
  ["is not there", "/none/such", "ended with 127"],
  ["is killed", "kill -9 $$", "ended with SIGKILL"],
  ["prints too much", "yes", "printed more than 49152 bytes"],
])("a program that %s is said to", async (_, command, message) => {
  await expect(ask(command)).rejects.toMatchObject(failed(message));
});

test("a program that hangs ends after its time, with all that it started", async () => {
  const pidFile = join(mkdtempSync(join(tmpdir(), "qsdm-report-")), "pid");
  await expect(ask(`sleep 60 & echo $! > ${pidFile}; wait`, 200)).rejects.toMatchObject(
    failed("did not answer within 200 ms"),
  );
  const pid = Number(await readFile(pidFile, "utf8"));
  await eventually(async () => {
    try {
      process.kill(pid, 0);
      // A zombie of init's is as good as gone.
      return (await readFile(`/proc/${pid}/stat`, "utf8")).includes(") Z ");
    } catch {
      return true;
    }
  });
});

test("an interrupt ends it", async () => {
  const abort = new AbortController();
  const asked = ask("sleep 60", undefined, abort.signal);
  abort.abort();
  await expect(asked).rejects.toMatchObject(failed("was interrupted"));
  await expect(ask("sleep 60", undefined, abort.signal)).rejects.toMatchObject(failed("was interrupted"));
});
