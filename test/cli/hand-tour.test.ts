/** The transcript in docs/tour.md, typed again: every line runs, in its order, and prints as much as it says. */
import {spawn} from "node:child_process";
import {once} from "node:events";
import {readFileSync, writeFileSync} from "node:fs";
import path from "node:path";
import {createInterface} from "node:readline";
import {expect, onTestFinished, test} from "vitest";
import {BIN, scratch, shell} from "./qsdm.js";

interface Typed {
  readonly line: string;
  readonly printed: readonly string[];
}

const page = readFileSync(new URL("../../docs/tour.md", import.meta.url), "utf8");
const typed: Typed[] = [...page.matchAll(/^```\n(\$ .*?)^```$/gms)].flatMap(([, block]) =>
  block!
    .split(/^\$ /m)
    .slice(1)
    .map((each) => {
      const [line, ...printed] = each.trimEnd().split("\n");
      return {line: line!, printed};
    }),
);
/** Shortened ids of the page, and what they stand for in this run. */
const ids = new Map<string, string>();
const SHORT = /[0-9a-f]{8}…[0-9a-f]{8}/g;

function learn(printed: readonly string[], out: string): void {
  const onPage = printed.flatMap((line) => line.match(SHORT) ?? []);
  const real = out.match(/\b[0-9a-f]{64}\b/g) ?? [];
  for (const [i, short] of onPage.entries()) if (!ids.has(short) && real[i] !== undefined) ids.set(short, real[i]);
}

/** Without what follows from the machine: one without a compiler is warned that it mines slowly, and maps no tables. */
const everywhere = (lines: readonly string[]): readonly string[] =>
  lines.filter((each) => !/^qsdm: warning:|^table of epoch /.test(each));

/** Starts the node of the tour. @returns where it answers */
async function startNode(cwd: string): Promise<string> {
  const node = spawn(process.execPath, [BIN, "node", "run", "--data-dir", "./node", "--api-port", "0"], {cwd});
  onTestFinished(() => void node.kill("SIGKILL"));
  const [url] = await once(createInterface({input: node.stdout}), "line");
  return url;
}

test("every line of the tour by hand runs and prints what the page says", async () => {
  expect(typed.length).toBeGreaterThan(15);
  const cwd = scratch();
  const env: Record<string, string> = {QSDM_PASSPHRASE_FILE: path.join(cwd, "pass")};
  writeFileSync(path.join(cwd, "pass"), "correct horse\n", {mode: 0o600});
  for (const {line, printed} of typed) {
    const ran = await shell(`{ ${line.replace(SHORT, (short) => ids.get(short) ?? short)}; } 2>&1`, {cwd, env});
    const out = ran.stdout.toString();
    const refused = printed.some((each) => each.startsWith("qsdm: error"));
    expect([line, ran.status !== 0], out).toEqual([line, refused]);
    const said = out.trimEnd().split("\n");
    expect(everywhere(said).length, `${line}\n${out}`).toBe(everywhere(printed).length);
    learn(printed, out);
    if (line.startsWith("qsdm node init")) env.QSDM_API_URL = `${await startNode(cwd)}/api/v1`;
  }
});
