/**
 * Runs of QSDM's own client, repeated with ours: what is asked of the node, the files and evidence bytes written, and
 * whether it succeeds are matched. Wording, layout and exit codes are ours.
 */
import {setTimeout as sleep} from "node:timers/promises";
import {isDeepStrictEqual} from "node:util";
import {run} from "../../../src/commands/run.js";
import {ourFacts, recordedFacts} from "../../cli/watch-facts.js";
import {type CannedRoute, cannedNode} from "../../commands/canned-node.js";
import {type MemoryHost, memoryHost} from "../../commands/memory-host.js";
import {AMBIENT_ROUTES} from "../../commands/reference-status.js";
import {type Adapter, type Input, type Json, Ours, type Output, UnknownCase} from "../case.js";
import {CLI_AREA} from "../cli-defects.js";

/** Our commands ask what the node is before they write or watch; the reference's never do. */
const ASKS = /^(enroll|unenroll|slash|wallet send|watch)( |$)/;
/** Watchers that nothing but a signal ends. */
const RUNS_ON = /^watch (?!.*--(once|exit-on-resolved))/;
/** Commands whose standard output is a document of the reference's, not a text for people. */
const BYTES = /^(slash-helper (?!inspect)|gov-helper propose|wallet (new|sign))/;

const qsdmcli: Adapter = async (input) => {
  const line = input.texts("args").join(" ");
  const ran = await play(input, line);
  const {out, asked, files} = ran;
  return {
    exit_code: new Ours(ran.status, (recorded) => (recorded === 0) === (ran.status === 0)),
    // Where a file takes the bytes, standard output names it.
    stdout: BYTES.test(line) && !(/^(slash|gov)-helper/.test(line) && files.length > 0) ? out : stdoutOf(line, ran),
    stderr: new Ours(ran.err),
    ...Object.fromEntries(USAGE.map((name) => [name, new Ours(undefined)])),
    requests: asked.length === 0 ? undefined : asked,
    files: files.length === 0 ? undefined : Object.fromEntries(files),
  };
};

/** Watchers tell the same facts; every other text for people is ours. */
function stdoutOf(line: string, {status, out}: {readonly status: number; readonly out: string}): Ours {
  if (!line.startsWith("watch ") || status !== 0) return new Ours(out);
  return new Ours(out, (recorded) => {
    const facts = recordedFacts(String(recorded ?? ""));
    return isDeepStrictEqual(ourFacts(out, facts), facts);
  });
}

const USAGE = ["stdout_has_usage", "stdout_first_line", "stderr_has_usage", "stderr_error_line", "stderr_first_line"];

export const qsdmcliAdapters = {[CLI_AREA]: qsdmcli};

async function play(input: Input, line: string) {
  const routes = routesOf(input);
  const node = await cannedNode(routes, ASKS.test(line) ? AMBIENT_ROUTES : []);
  const origin = new URL(node.url).origin;
  const given = textsOf(input.object("files"));
  const environment = textsOf(input.object("env"), origin);
  const host = memoryHost({
    argv: input.texts("args").map((each) => each.replaceAll("{{ROOT}}", origin).replace("=5s", "=1s")),
    env: {QSDM_API_URL: node.url, ...environment},
    files: given,
  });
  host.input.end(input.text("stdin"));
  const running = run({...host, fetch: globalThis.fetch});
  const runsOn = RUNS_ON.test(line);
  if (runsOn) void interruptOnce(() => node.asked.length >= routes.length, host);
  const status = await running;
  await node.close();
  const masked = maskOf(input);
  // A busy machine lets a watcher look once more before it is interrupted.
  const asked = node.asked.slice(0, runsOn ? routes.length : undefined).map(
    (each): Output => ({
      ...each,
      body: masked(each.body),
      accept: new Ours("application/json"),
      authorization: null,
    }),
  );
  const files = [...host.files]
    .filter(([path, bytes]) => given[path] !== Buffer.from(bytes).toString())
    .map(([path, bytes]): [string, Output] => [path, writtenFile(bytes, host.writes.get(path)?.mode)]);
  // Facts are compared without their times, so a watcher's lines need no mask, which would not fit them.
  return {status, out: line.startsWith("watch ") ? host.out() : masked(host.out()), err: host.err(), asked, files};
}

/** Sends the signal when everything recorded was asked for and told. */
async function interruptOnce(asked: () => boolean, host: MemoryHost): Promise<void> {
  for (let tries = 0; tries < 1_200 && !asked(); tries++) await sleep(50);
  // The last answer takes turns of the event loop to be told, however long each is.
  for (let turns = 0; turns < 20; turns++) await sleep(10);
  host.signal("SIGINT");
}

const writtenFile = (bytes: Uint8Array, mode = 0): Output => {
  const hex = Buffer.from(bytes).toString("hex");
  // A keystore is random: its recording has no bytes.
  return {
    hex: new Ours(hex, (want) => want === null || want === hex),
    mode: `0o${mode.toString(8)}`,
    note: new Ours(undefined),
  };
};

const routesOf = (input: Input): readonly CannedRoute[] =>
  input.objects("routes").map((each) => ({
    method: each.text("method"),
    path: each.text("path"),
    status: each.number("status"),
    body: each.text("body"),
  }));

function textsOf({json}: Input, origin = ""): Record<string, string> {
  const text = (value: Json): string => {
    if (typeof value !== "string") throw new UnknownCase("case input has no text where one belongs");
    return value.replaceAll("{{ROOT}}", origin);
  };
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, text(value)]));
}

function maskOf(input: Input): (text: string) => string {
  const masks = input.list("masks").map((pair) => pair as readonly [string, string]);
  return (text) =>
    masks.reduce((done, [from, to]) => done.replace(new RegExp(from.replace("(?m)", ""), "gm"), to), text);
}
