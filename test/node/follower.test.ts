/** Nodes without a vote, over real sessions on loopback: they end where the validator is, and what is written there arrives. */
import {statSync} from "node:fs";
import path from "node:path";
import {expect, test} from "vitest";
import {formatGenesis} from "../../src/codecs/chain/genesis-file.js";
import {initFollower} from "../../src/commands/node/init.js";
import {type Endpoint, parseEndpoint} from "../../src/node/network/address.js";
import {DEFAULT_NETWORK_OPTIONS, type NetworkOptions} from "../../src/node/network/options.js";
import {signedTransfer, testAccount} from "../support/accounts.js";
import {scratchDirectory} from "../support/chain.js";
import {eventually, initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";

const [alice, bob] = [testAccount("alice"), testAccount("bob")];
const ANYWHERE: Endpoint = {id: null, host: "127.0.0.1", port: 0};
const PACE = {intervalMs: 500, minIntervalMs: 50};

const follow = async (genesis = nodeGenesis([alice])): Promise<string> => {
  const dataDir = path.join(scratchDirectory(), "follower");
  await initFollower(dataDir, formatGenesis(genesis));
  return dataDir;
};
const networked = (dataDir: string, change: Partial<NetworkOptions>): Promise<RunningNode> =>
  runTestNode(dataDir, {network: {...DEFAULT_NETWORK_OPTIONS, dht: false, ...change}, pace: PACE});
const listenOf = ({node}: RunningNode): Endpoint => parseEndpoint(node.networkState().listen[0]!);

test("a follower, and one behind it, keep the validator's chain; writes at both are applied, also ones that nobody heard", async () => {
  const genesis = nodeGenesis([alice]);
  const validatorDir = await initTestNode(genesis);
  let validator = await networked(validatorDir, {listen: [ANYWHERE]});
  const known = listenOf(validator);
  const near = await networked(await follow(genesis), {listen: [ANYWHERE], peers: [known]});
  // It listens nowhere, and has no session with the validator: it hears of blocks by asking alone.
  const farDir = await follow(genesis);
  const far = await networked(farDir, {peers: [listenOf(near)], revoked: [known.id!]});
  const pay = (through: RunningNode, nonce: bigint) =>
    through.client.submit({body: signedTransfer(alice, {to: bob.address, amountDust: 5n, nonce})});
  const everywhere = (nonce: bigint): Promise<unknown> =>
    eventually(async () =>
      [validator, near, far].every(({node}) => node.view().account(alice.address)?.nonce === nonce),
    );
  try {
    await pay(near, 0n);
    await everywhere(1n);
    await pay(far, 1n);
    await everywhere(2n);
    expect(near.node.networkState().role).toBe("follower");
    expect((await near.client.status()).nodeRole).toBe("follower");
    expect((await validator.client.status()).nodeRole).toBe("validator");
    // Its key could be elected one day; so far it signed nothing.
    expect(statSync(path.join(farDir, "validator.signed")).size).toBe(0);

    // Nobody hears this one: it is told when the validator is back.
    await validator.stop();
    await eventually(async () => near.node.view().head.height > 0n && (await near.client.status()).peers === 1);
    await pay(near, 2n);
    validator = await networked(validatorDir, {listen: [known]});
    await everywhere(3n);

    const {height} = validator.node.view().head;
    await eventually(async () => [near, far].every(({node}) => node.view().head.height >= height));
    const at = await Promise.all([validator, near, far].map(({client}) => client.block({height})));
    expect(new Set(at.map(({id}) => id)).size).toBe(1);
  } finally {
    await Promise.all([validator, near, far].map((each) => each.stop()));
  }
});

test("a follower without peers says once that it stays where it is, and serves what it has", async () => {
  const warned: string[] = [];
  const quiet = (): void => undefined;
  const log = {
    debug: quiet,
    info: quiet,
    error: quiet,
    warn: (_fields: object, message: string) => warned.push(message),
  };
  const {node, client, stop} = await runTestNode(await follow(), {}, log);
  try {
    expect(warned).toEqual([expect.stringContaining("it stays at this height")]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(node.view().head.height).toBe(0n);
    expect((await client.block({height: 0n})).height).toBe(0n);
  } finally {
    await stop();
  }
});
