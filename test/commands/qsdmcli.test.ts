/**
 * Recorded runs of the reference's client: what it asks a node, the files and evidence it writes, and whether it
 * succeeds are matched. Wording, layout and exit codes are ours.
 */
import {expect, test} from "vitest";
import {run} from "../../src/commands/run.js";
import {type CannedRoute, cannedNode} from "./canned-node.js";
import {memoryHost} from "./memory-host.js";
import vectors from "./qsdmcli.vectors.json" with {type: "json"};

interface Case {
  readonly name: string;
  readonly input: {
    readonly args: readonly string[];
    readonly routes: readonly CannedRoute[];
    readonly files: Readonly<Record<string, number>>;
    readonly stdin: string;
    readonly masks: readonly (readonly [string, string])[];
  };
  readonly expected: {
    readonly exit_code: number;
    readonly stdout: string;
    readonly requests?: readonly {method: string; path: string; body: string; content_type: string | null}[];
    readonly files?: Readonly<Record<string, {hex: string}>>;
  };
}

async function play({name, input}: Case) {
  const {args, routes, files, stdin, masks} = input;
  const node = await cannedNode(routes);
  const host = memoryHost({
    argv: args,
    env: {QSDM_API_URL: node.url},
    files: Object.fromEntries(Object.entries(files).map(([path, at]) => [path, vectors.texts[at]!])),
  });
  host.input.end(stdin);
  const status = await run(host);
  await node.close();
  const masked = (text: string) => masks.reduce((done, [from, to]) => done.replace(new RegExp(from, "g"), to), text);
  const asked = node.asked.map((each) => ({...each, body: masked(each.body)}));
  return {name, status, out: masked(host.out()), err: host.err(), files: host.files, asked};
}

const cases = vectors.cases as unknown as readonly Case[];
const matching = (pattern: RegExp) => cases.filter(({name}) => pattern.test(name));

for (const each of matching(/^helper-/))
  test(`${each.name}: ${each.expected.exit_code === 0 ? "the same bytes" : "refused as well"}`, async () => {
    const ran = await play(each);
    const {exit_code, stdout, files = {}} = each.expected;
    expect(ran.status === 0, ran.err).toBe(exit_code === 0);
    // Where the evidence goes to a file, standard output names the file.
    if (Object.keys(files).length === 0) expect(ran.out).toBe(stdout);
    for (const [path, {hex}] of Object.entries(files))
      expect(Buffer.from(ran.files.get(path)!).toString("hex")).toBe(hex);
  });

for (const each of matching(/^wallet-/))
  test(`${each.name}: ${each.expected.exit_code === 0 ? "done" : "refused"} as well`, async () => {
    const ran = await play(each);
    expect(ran.status === 0, ran.err).toBe(each.expected.exit_code === 0);
    if (each.name.startsWith("wallet-sign")) expect(ran.out).toBe(each.expected.stdout);
  });
