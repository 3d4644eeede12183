/** Four validators over real sessions on loopback: one chain, and a validator that was away comes back to it. */
import path from "node:path";
import {expect, test} from "vitest";
import {sha3} from "../../src/codecs/hash.js";
import {initDataDir} from "../../src/node/data-dir.js";
import {type Endpoint, parseEndpoint} from "../../src/node/network/address.js";
import {DEFAULT_NETWORK_OPTIONS} from "../../src/node/network/options.js";
import {mlDsa44, signedTransfer, testAccount} from "../support/accounts.js";
import {scratchDirectory} from "../support/chain.js";
import {eventually, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";

const NAMES = ["v0", "v1", "v2", "v3"] as const;

test("four validators agree, survive the loss of one, and take it back", async () => {
  const [alice, bob] = [testAccount("alice"), testAccount("bob")];
  const seeds = NAMES.map((name) => sha3(new TextEncoder().encode(name)));
  const genesis = {
    ...nodeGenesis([alice, bob]),
    validators: NAMES.map((name, i) => ({
      publicKey: mlDsa44.keygenFromSeed(seeds[i]!).publicKey,
      power: 1n,
      account: testAccount(name).address,
    })),
  };
  const directories: string[] = [];
  for (const seed of seeds) {
    const dataDir = path.join(scratchDirectory(), "node");
    await initDataDir(dataDir, {genesis, validatorSeed: seed});
    directories.push(dataDir);
  }
  const nodes: RunningNode[] = [];
  const known: Endpoint[] = [];
  const run = (dataDir: string, listen: Endpoint): Promise<RunningNode> =>
    runTestNode(dataDir, {
      network: {...DEFAULT_NETWORK_OPTIONS, listen: [listen], peers: [...known], dht: false},
      pace: {intervalMs: 500, minIntervalMs: 50},
    });
  try {
    for (const dataDir of directories) {
      nodes.push(await run(dataDir, {id: null, host: "127.0.0.1", port: 0}));
      known.push(parseEndpoint(nodes.at(-1)!.node.networkState().listen[0]!));
    }
    const pay = async (through: RunningNode, nonce: bigint): Promise<void> => {
      await through.client.submit({body: signedTransfer(alice, {to: bob.address, amountDust: 5n, nonce})});
    };
    const nonceOn = ({node}: RunningNode) => node.view().account(alice.address)!.nonce;
    await pay(nodes[1]!, 0n);
    await eventually(async () => nodes.every((each) => nonceOn(each) === 1n));

    // One goes: three of four are a quorum.
    const gone = nodes.pop()!;
    await gone.stop();
    await pay(nodes[0]!, 1n);
    await eventually(async () => nodes.every((each) => nonceOn(each) === 2n));

    const back = await run(directories[3]!, {...known[3]!, id: null});
    nodes.push(back);
    await eventually(async () => nonceOn(back) === 2n);
    const {height} = back.node.view().head;
    await eventually(async () => back.node.view().head.height > height);
    const at = await Promise.all(nodes.map(({client}) => client.block({height})));
    expect(new Set(at.map(({id}) => id)).size).toBe(1);
  } finally {
    await Promise.all(nodes.map((each) => each.stop()));
  }
});
