/**
 * A node, a cheat and watchers, each a process of its own: one offence, one slash, whoever sees it first, and everybody
 * who follows the node hears of it.
 */
import {type ChildProcess, spawn} from "node:child_process";
import {readdirSync, readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {expect, onTestFinished, test} from "vitest";
import {hexOf} from "../../src/codecs/bytes.js";
import {CLIENT_DEFAULTS, createClient} from "../../src/node/api/client.js";
import {keystoreOf, PASSPHRASE, seedOf} from "../commands/against-node.js";
import {testAccount} from "../support/accounts.js";
import {eventually, initTestNode, nodeGenesis, rigOf} from "../support/node.js";
import {enrollmentPayload, signedEnrollment} from "../support/proofs.js";
import {BIN, qsdm, scratch} from "./qsdm.js";

type Event = Readonly<Record<string, string>>;

function launch(words: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  const {PATH = ""} = process.env;
  const child: ChildProcess = spawn(process.execPath, [BIN, ...words], {
    cwd,
    env: {PATH, HOME: cwd, ...env},
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  let errors = "";
  createInterface({input: child.stdout!}).on("line", (line) => lines.push(line));
  child.stderr!.on("data", (part) => (errors += part));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    lines,
    events: (): Event[] => lines.map((line) => JSON.parse(line)),
    until: (kinds: readonly string[]): Promise<Event> =>
      eventually(async () => {
        const found = lines.map((line): Event => JSON.parse(line)).find(({event}) => kinds.includes(event!));
        // Thrown until the time is over: what was told instead is the reason of a failure here.
        if (!found) throw new Error(`${words.join(" ")}: no ${kinds.join(" or ")} in ${lines.join("\n")}\n${errors}`);
        return found;
      }),
    stop: async (): Promise<number | null> => {
      child.kill("SIGINT");
      return await ended;
    },
  };
}

test("watchers in several processes catch one offence, and one of them slashes it", async () => {
  const [owner, first, second] = ["owner", "first watcher", "second watcher"].map(testAccount) as [
    ReturnType<typeof testAccount>,
    ReturnType<typeof testAccount>,
    ReturnType<typeof testAccount>,
  ];
  const cwd = scratch();
  writeFileSync(join(cwd, "first.json"), await keystoreOf("first watcher"));
  writeFileSync(join(cwd, "second.json"), await keystoreOf("second watcher"));
  writeFileSync(join(cwd, "pass"), `${PASSPHRASE}\n`);
  writeFileSync(join(cwd, "rig.hmac"), hexOf(rigOf("rig-1").hmacKey));
  writeFileSync(join(cwd, "rig.key"), hexOf(seedOf("rig key")));
  const dataDir = await initTestNode(nodeGenesis([owner, first, second]));
  const flags = ["--api-port", "0", "--rate-limit", "0", "--block-interval", "1s"];
  const node = launch(["node", "run", "--data-dir", dataDir, ...flags], cwd);
  const url = await eventually(async () => node.lines[0]);
  const client = createClient({...CLIENT_DEFAULTS, url});
  onTestFinished(() => client.close());
  const payload = enrollmentPayload(owner, {nodeId: "rig-1", node: testAccount("rig key")});
  await client.enroll({body: signedEnrollment(owner, 0n, payload)});
  await eventually(() => client.enrollment({nodeId: "rig-1"}));

  const env = {QSDM_API_URL: `${url}/api/v1`, QSDM_PASSPHRASE_FILE: join(cwd, "pass")};
  const watch = (...words: readonly string[]) => launch(["watch", ...words, "--json"], cwd, env);
  const catching = (dir: string, wallet: string) =>
    watch("proofs", "--evidence-dir", dir, "--slash", "--in", wallet, "--cursor-file", `${dir}-${wallet}.cursor`);
  const watchers = [catching("a", "first.json"), catching("b", "second.json"), catching("a", "second.json")];
  const slashes = watch("slashes", "--cursor-file", "slashes.cursor");
  const enrollments = watch("enrollments", "--node-id", "rig-1", "--exec", "cat >> told.jsonl");

  const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  await eventually(async () => /^qsdm_event_streams_open 5$/m.test(await metrics()));

  const rig = ["--node-id", "rig-1", "--gpu-name", "NVIDIA GeForce RTX 3080", "--gpu-arch", "ampere"];
  const keys = ["--hmac-key-file", "rig.hmac", "--node-key-file", "rig.key"];
  const cheat = await qsdm(["devnet", "equivocate", ...rig, ...keys], {cwd, env});
  expect(cheat.status, cheat.stderr).toBe(0);
  const offered = await client.submitProof({body: readFileSync(join(cwd, "proof-b.json"))});
  expect(offered).toMatchObject({accepted: false, rejectReason: "duplicate"});

  const outcomes = await Promise.all(watchers.map((each) => each.until(["slash_submitted", "slash_left"])));
  expect(outcomes.map(({event}) => event).sort()).toEqual(["slash_left", "slash_left", "slash_submitted"]);
  const {tx_id: txId} = outcomes.find(({event}) => event === "slash_submitted")!;
  expect(await slashes.until(["slash_resolved"])).toMatchObject({tx_id: txId, outcome: "applied", node_id: "rig-1"});
  expect(await enrollments.until(["transition"])).toMatchObject({phase: "revoked", prev_phase: "active"});
  expect(await Promise.all([...watchers, slashes, enrollments].map((each) => each.stop()))).toEqual([0, 0, 0, 0, 0]);

  const {records} = await client.slashReceipts({outcome: null, kind: null, since: null, limit: null});
  expect(records.map((receipt) => receipt.txId)).toEqual([txId]);
  const spent = await Promise.all(
    [first, second].map(async ({address}) => (await client.nonce({sender: address})).nonce),
  );
  expect(spent.reduce((a, b) => a + b)).toBe(1n);
  const evidence = ["a", "b"].map((dir) => {
    const [name] = readdirSync(join(cwd, dir)).filter((each) => each.endsWith(".evidence"));
    return [name, readFileSync(join(cwd, dir, name!), "hex")];
  });
  expect(evidence[0]).toEqual(evidence[1]);
  const inspected = await qsdm(["slash-helper", "inspect", "--evidence-file", join("a", evidence[0]![0]!)], {cwd});
  expect(inspected.stdout).toMatch(/^double-mining\t/);
  const [told] = readFileSync(join(cwd, "told.jsonl"), "utf8").trim().split("\n");
  expect(JSON.parse(told!)).toMatchObject({event: "transition", node_id: "rig-1"});
  await eventually(async () => /^qsdm_event_streams_open 0$/m.test(await metrics()));
  expect(await metrics()).toMatch(/^qsdm_event_streams_ended_total\{code="left"\} 5$/m);
  expect(await node.stop()).toBe(0);
});
