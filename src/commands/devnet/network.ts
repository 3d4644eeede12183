/** A development network in a directory: wallets with money, a chain that pays them, and a running node. */
import {mkdir, readFile, rm, writeFile} from "node:fs/promises";
import path from "node:path";
import {DUST_PER_CELL} from "../../codecs/amount.js";
import {hexOf} from "../../codecs/bytes.js";
import {keystore} from "../../codecs/keystore.js";
import {QsdmError, UsageError} from "../../errors.js";
import {loadMlDsa} from "../../node/compute/ml-dsa.js";
import {createKeystore} from "../../node/keys/keystore.js";
import {DEFAULT_NODE_OPTIONS, QsdmNode} from "../../node/node.js";
import type {Log} from "../../node/service.js";
import {COMMIT, VERSION} from "../build-info.js";
import {type InitPlan, initNode} from "../node/init.js";

/** Wallets of every devnet. The validator's receives fees; the others have something to spend. */
export const WALLETS = ["alice", "bob", "watcher", "validator"] as const;
export type WalletName = (typeof WALLETS)[number];
const FUNDS_DUST = 1_000n * DUST_PER_CELL;

/** Where a devnet keeps its things. */
export interface DevnetPaths {
  readonly directory: string;
  readonly dataDir: string;
  /** Opens every wallet of the devnet. */
  readonly passphraseFile: string;
  wallet(name: WalletName): string;
}

export const devnetPaths = (directory: string): DevnetPaths => ({
  directory,
  dataDir: path.join(directory, "node"),
  passphraseFile: path.join(directory, "passphrase"),
  wallet: (name) => path.join(directory, "wallets", `${name}.json`),
});

export interface DevnetPorts {
  readonly log: Log;
  readonly signal: AbortSignal;
  randomBytes(size: number): Uint8Array;
  now(): number;
}

/** Addresses by wallet. */
export type Addresses = Readonly<Record<WalletName, string>>;

/** What a devnet's chain is, whoever votes on it. */
export type DevnetChain = Pick<
  InitPlan,
  "network" | "chainId" | "validatorAccount" | "allocations" | "authorities" | "timeMs"
> & {readonly params: readonly string[]};

/**
 * Creates wallets and chain in an empty directory, or reads those of an earlier start.
 * @param params in which a new chain differs from its network, as `NAME=VALUE`
 * @throws UsageError DEVNET_MISMATCH, DEVNET_INCOMPLETE, GENESIS_PARAM_INVALID; RuleError GENESIS_INVALID
 */
export async function prepareDevnet(
  paths: DevnetPaths,
  params: readonly string[],
  {randomBytes, now}: Pick<DevnetPorts, "randomBytes" | "now">,
  create: (chain: DevnetChain) => Promise<unknown> = (chain) => initNode({...chain, dataDir: paths.dataDir}),
): Promise<Addresses> {
  await mkdir(path.join(paths.directory, "wallets"), {recursive: true, mode: 0o700});
  const known = await readAddresses(paths);
  if (known && params.length > 0)
    throw new UsageError("DEVNET_MISMATCH", `${paths.directory} holds a devnet, whose parameters are settled`, {
      hint: "leave --param out, or give another --dir",
    });
  if (known) return known;
  const passphrase = hexOf(randomBytes(16));
  await writeFile(paths.passphraseFile, `${passphrase}\n`, {mode: 0o600, flag: "wx"}).catch(notEmpty(paths.directory));
  const scheme = await loadMlDsa(87);
  const entries = await Promise.all(
    WALLETS.map(async (name) => {
      const {file, signer} = await createKeystore(passphrase, {scheme, randomBytes, now});
      await writeFile(paths.wallet(name), file, {mode: 0o600, flag: "wx"});
      return [name, signer.address] as const;
    }),
  );
  const addresses = Object.fromEntries(entries) as Record<WalletName, string>;
  await create({
    network: "dev",
    chainId: `devnet-${hexOf(randomBytes(4))}`,
    validatorAccount: addresses.validator,
    allocations: WALLETS.filter((name) => name !== "validator").map((name) => ({
      to: addresses[name],
      amountDust: FUNDS_DUST,
    })),
    authorities: [addresses.alice, addresses.bob, addresses.watcher],
    timeMs: BigInt(now()),
    params,
  }).catch(async (error) => {
    // Wallets without a chain would pass for a devnet at the next start.
    await Promise.all([paths.passphraseFile, ...WALLETS.map(paths.wallet)].map((file) => rm(file, {force: true})));
    throw error;
  });
  return addresses;
}

const notEmpty = (directory: string) => (cause: unknown) => {
  throw new UsageError("DEVNET_INCOMPLETE", `${directory} holds an unfinished devnet`, {
    hint: "remove the directory, or choose another --dir",
    cause,
  });
};

async function readAddresses(paths: DevnetPaths): Promise<Addresses | null> {
  try {
    const entries = WALLETS.map(
      async (name) => [name, keystore.decode(await readFile(paths.wallet(name))).address] as const,
    );
    return Object.fromEntries(await Promise.all(entries)) as Record<WalletName, string>;
  } catch (error) {
    if (error instanceof QsdmError) throw error;
    return null;
  }
}

/**
 * Starts the devnet's node. Without a port it takes the usual one, or a free one when that is taken.
 * @throws UnavailableError PORT_IN_USE when the port was asked for
 */
export async function startDevnet(
  paths: DevnetPaths,
  port: number | null,
  {log, signal}: DevnetPorts,
): Promise<QsdmNode> {
  const open = async (each: number): Promise<QsdmNode> => {
    const api = {port: each, rateLimit: null};
    const node = await QsdmNode.open(
      {...DEFAULT_NODE_OPTIONS, dataDir: paths.dataDir, api, pace: {intervalMs: 1_000, minIntervalMs: 200}},
      {log, nowMs: () => Date.now(), version: VERSION, commit: COMMIT},
    );
    await node.start(signal);
    return node;
  };
  if (port !== null) return open(port);
  try {
    return await open(8080);
  } catch (error) {
    if (!(error instanceof QsdmError) || error.code !== "PORT_IN_USE") throw error;
    return open(0);
  }
}
