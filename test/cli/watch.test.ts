/**
 * Recorded runs of the reference's `watch`, played by the built program against a server with the recorded answers:
 * what is asked, which events are told, and whether it succeeds are matched. Wording, layout and exit codes are ours.
 */
import {writeFileSync} from "node:fs";
import {join} from "node:path";
import {describe, expect, test} from "vitest";
import {type CannedRoute, cannedNode} from "../commands/canned-node.js";
import {AMBIENT_ROUTES} from "../commands/reference-status.js";
import {qsdm, scratch} from "./qsdm.js";
import vectors from "./watch.vectors.json" with {type: "json"};
import {ourFacts, recordedFacts} from "./watch-facts.js";

interface Case {
  readonly name: string;
  readonly input: {
    readonly args: readonly string[];
    readonly routes: readonly CannedRoute[];
    readonly files: Readonly<Record<string, string>>;
    readonly env: Readonly<Record<string, string>>;
  };
  readonly expected: {
    readonly exit_code: number;
    readonly stdout: string;
    readonly stderr: string;
    readonly requests?: readonly {method: string; path: string}[];
  };
}

/** Runs that go on until they are interrupted. */
const runsOn = ({input: {args}, expected}: Case): boolean =>
  expected.exit_code === 0 && !args.includes("--once") && !args.includes("--exit-on-resolved");

async function play(each: Case) {
  const {args, routes, files, env} = each.input;
  const node = await cannedNode(routes, AMBIENT_ROUTES);
  const root = new URL(node.url).origin;
  const cwd = scratch();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const given = Object.entries(env).map(([name, value]) => [name, value.replaceAll("{{ROOT}}", root)]);
  const wanted = each.expected.requests?.length ?? 0;
  let stopping: NodeJS.Timeout | undefined;
  // Five seconds is the reference's shortest pause; nothing else depends on it.
  const words = args.map((word) => word.replace("--interval=5s", "--interval=1s"));
  const ran = await qsdm(words, {
    cwd,
    env: {QSDM_API_URL: node.url, ...Object.fromEntries(given)},
    started(child) {
      if (!runsOn(each)) return;
      // Interrupted once everything recorded has been asked and as much has been told, or too little for long.
      let told = "";
      for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (part) => (told += part));
      const lines = `${each.expected.stdout}${each.expected.stderr}`.split("\n").length;
      let late = 0;
      stopping = setInterval(() => {
        if (node.asked.length < wanted || (told.split("\n").length < lines && ++late < 200)) return;
        clearInterval(stopping);
        child.kill("SIGINT");
      }, 20);
    },
  });
  clearInterval(stopping);
  await node.close();
  // A busy machine lets it look once more before it is interrupted.
  const asked = node.asked.slice(0, runsOn(each) ? wanted : undefined);
  return {...ran, asked: asked.map(({method, path}) => ({method, path}))};
}

/** Where we ask something else on purpose. */
const OTHERWISE: Readonly<Record<string, readonly [why: string, asked: readonly string[]]>> = {
  "watch-archspoof-detailed": ["a page that says it is the last is the last", ["/api/v1/attest/recent-rejections"]],
  "watch-archspoof-detailed#2": ["a page that says it is the last is the last", ["/api/v1/attest/recent-rejections"]],
  "watch-archspoof-bad-arch": ["an architecture that does occur is taken", ["/api/metrics/prometheus"]],
};

describe("runs of QSDM's watch", () => {
  for (const each of vectors.cases as unknown as readonly Case[])
    test.concurrent(`${each.name}: ${OTHERWISE[each.name]?.[0] ?? "the same questions and facts"}`, async ({
      expect,
    }) => {
      const ran = await play(each);
      const {exit_code, stdout, stderr, requests = []} = each.expected;
      expect(ran.status === 0, ran.stderr).toBe(exit_code === 0);
      const otherwise = OTHERWISE[each.name]?.[1].map((path) => ({method: "GET", path}));
      expect(ran.asked).toEqual(otherwise ?? requests.map(({method, path}) => ({method, path})));
      const facts = recordedFacts(stdout);
      const refused = exit_code !== 0 && each.input.args.includes("--json");
      expect(ourFacts(refused ? "" : ran.stdout, facts)).toEqual(facts);
      if (exit_code === 0 && stderr !== "") expect(ran.stderr).toMatch(/warning: .*(500|busy)/);
    });
});

test("the recorded runs are all there", () => {
  expect(vectors.cases).toHaveLength(49);
});
