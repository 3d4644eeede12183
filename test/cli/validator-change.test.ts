/** One comes to vote, another leaves, a third is killed while they change: processes, and an operator's commands. */
import {mkdirSync, writeFileSync} from "node:fs";
import path from "node:path";
import {expect, onTestFinished, test} from "vitest";
import {freePorts} from "../../src/commands/devnet/free-ports.js";
import {type NodeProcess, startNodeProcess} from "../../src/commands/devnet/processes.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../src/node/api/client.js";
import {eventually} from "../support/node.js";
import {documentIn, qsdm, scratch} from "./qsdm.js";

const ALL = [0, 1, 2, 3, 4];
const [FRESH, GONE, KILLED] = [4, 3, 1] as const;

test("a fifth node stakes and votes, another leaves, one is killed as they change, and all of it can be proved", async () => {
  const cwd = scratch();
  const net = path.join(cwd, "net");
  const genesis = path.join(net, "validator-0", "node", "genesis.json");
  const nodes: NodeProcess[] = [];
  const clients: Client[] = [];
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(nodes.map((node) => node.stop()));
  });
  const start = async (i: number): Promise<void> => {
    const configPath = path.join(net, `validator-${i}`, "config.toml");
    nodes[i] = await startNodeProcess({name: `node ${i}`, configPath, apiPort: 0, logLevel: "error", log: () => {}});
    clients[i] = createClient({...CLIENT_DEFAULTS, url: nodes[i].url});
  };
  /** What an operator types, towards a node. */
  const typed = async <T>(line: string, i?: number): Promise<T> => {
    const env = {QSDM_PASSPHRASE_FILE: path.join(cwd, "pass"), ...(i !== undefined && {QSDM_API_URL: nodes[i]!.url})};
    const {ok, data, error} = documentIn(await qsdm([...line.split(" "), "--yes", "--json"], {cwd, env}));
    expect(ok, `${line}: ${error?.message}`).toBe(true);
    return data as T;
  };
  const votersAt = async (i: number): Promise<string[]> =>
    (await clients[i]!.validators()).validators.map(({peerId}) => peerId);
  const reach = (i: number, height: bigint) => eventually(async () => (await clients[i]!.status()).chainTip >= height);

  writeFileSync(path.join(cwd, "pass"), "correct horse\n", {mode: 0o600});
  const {address: old} = await typed<{address: string}>("wallet create --out old.json");
  const {address: fresh} = await typed<{address: string}>("wallet create --out fresh.json");
  const [own, ...ports] = await freePorts(5);
  const hosts = ports.map((port) => `--host 127.0.0.1:${port}`).join(" ");
  await typed(
    `localnet export --out net --chain-id changes --validator-account ${old} ${hosts} --param validatorEpochBlocks=6 ` +
      `--allocate ${old}=500 --allocate ${fresh}=500`,
  );
  await Promise.all(ALL.filter((i) => i !== FRESH).map(start));
  const {listen, self: first} = await typed<{listen: string[]; self: string}>("peers --self", 0);

  mkdirSync(path.join(net, `validator-${FRESH}`));
  await typed(`node init --data-dir net/validator-${FRESH}/node --genesis ${genesis}`);
  writeFileSync(
    path.join(net, `validator-${FRESH}`, "config.toml"),
    `data_dir = "node"\nlisten = "127.0.0.1:${own}"\npeers = "${listen[0]}"\n`,
  );
  await start(FRESH);
  await reach(FRESH, 1n);
  expect(await votersAt(FRESH)).toHaveLength(4);
  await typed(`validator join --data-dir net/validator-${FRESH}/node --in fresh.json --wait`, FRESH);
  await eventually(async () => (await votersAt(0)).length === 5);
  const joined = nodes[FRESH]!.peerId;
  expect(await votersAt(0)).toEqual(expect.arrayContaining([first, joined]));

  // Four of the five have to vote from here on, and the one that leaves up to its end.
  await typed(`validator leave --validator ${nodes[GONE]!.peerId} --in old.json`, KILLED);
  const ends = await eventually(async () => {
    const {stakes, nextElectionHeight} = await clients[KILLED]!.stakes();
    return stakes.some(({phase}) => phase === "leaving") ? nextElectionHeight! : null;
  });
  await reach(KILLED, ends - 1n);
  process.kill(nodes[KILLED]!.pid, "SIGKILL");
  await nodes[KILLED]!.gone;
  await start(KILLED);
  for (const i of ALL)
    await eventually(async () => {
      const voters = await votersAt(i);
      return voters.length === 4 && voters.includes(joined) && !voters.includes(nodes[GONE]!.peerId);
    });

  const roleOf = async (i: number) => (await clients[i]!.status()).nodeRole;
  expect([await roleOf(FRESH), await roleOf(GONE)]).toEqual(["validator", "follower"]);

  // Three of these four have to vote: one of the old ones may be gone, and not the new one with it.
  await nodes[0]!.stop();
  const tip = (await clients[FRESH]!.status()).chainTip;
  const others = ALL.slice(1);
  for (const i of others) await reach(i, tip + 3n);
  for (const height of [ends, ends + 1n, tip + 2n])
    expect(new Set(await Promise.all(others.map(async (i) => (await clients[i]!.block({height})).id))).size).toBe(1);
  for (const i of others) await typed("supply", i);

  const sources = others.map((i) => `--source ${nodes[i]!.url}`).join(" ");
  const light = await typed<{epoch: string; height: string}>(`light sync --genesis ${genesis} ${sources}`);
  expect(light.epoch).toBe("2");
  expect(BigInt(light.height)).toBeGreaterThan(tip);
  for (const height of [ends, ends + 1n]) {
    await typed(`finality fetch ${height} --out ${height}.bin`, GONE);
    const proved = await typed<{id: string; validators: unknown[]}>(
      `finality verify ${height}.bin --genesis ${genesis}`,
    );
    expect([proved.id, proved.validators.length]).toEqual([
      (await clients[FRESH]!.block({height})).id,
      height === ends ? 5 : 4,
    ]);
  }
}, 480_000);
