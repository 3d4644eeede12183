/** A network of several validators as directories: one genesis, a key for each, and a configuration that names the rest. */
import {mkdir, writeFile} from "node:fs/promises";
import path from "node:path";
import type {Genesis} from "../../codecs/chain/genesis.js";
import {withParam} from "../../codecs/chain/genesis-file.js";
import {loadMlDsa} from "../../node/compute/ml-dsa.js";
import {initDataDir, newSeed} from "../../node/data-dir.js";
import {checkGenesis} from "../../node/ledger/chain/check-genesis.js";
import {NETWORK_PARAMS, type NetworkProfile} from "../../node/ledger/params/networks.js";
import {type Endpoint, formatEndpoint} from "../../node/network/address.js";
import {peerIdOf} from "../../node/network/session/certificate.js";

/** Where one validator runs, and who gets its fees. */
export interface Seat {
  readonly account: string;
  /** Where the others reach it. */
  readonly host: string;
  readonly port: number;
}

export interface LocalnetPlan {
  readonly directory: string;
  readonly network: NetworkProfile;
  readonly chainId: string;
  readonly seats: readonly Seat[];
  readonly allocations: Genesis["allocations"];
  /** Who votes on governed parameters; without any, nobody ever does. */
  readonly authorities?: readonly string[];
  readonly vestings?: Genesis["vestings"];
  readonly params: readonly string[];
  readonly timeMs: bigint;
}

/** What was written for one validator. */
export interface Exported {
  readonly directory: string;
  readonly configPath: string;
  readonly endpoint: Endpoint;
}

/**
 * Writes `DIR/validator-N/` with `node/`, the data directory, and `config.toml`. Knows no flags.
 * @throws UsageError DATA_DIR_EXISTS, GENESIS_PARAM_INVALID; RuleError GENESIS_INVALID
 */
export async function exportLocalnet(plan: LocalnetPlan): Promise<{genesis: Genesis; validators: readonly Exported[]}> {
  const votes = await loadMlDsa(44);
  const keyed = plan.seats.map((seat) => {
    const validatorSeed = newSeed();
    return {...seat, validatorSeed, publicKey: votes.keygenFromSeed(validatorSeed).publicKey};
  });
  const genesis: Genesis = {
    chainId: plan.chainId,
    network: plan.network,
    timeMs: plan.timeMs,
    params: plan.params.reduce(withParam, NETWORK_PARAMS[plan.network]),
    allocations: plan.allocations,
    validators: keyed.map(({publicKey, account}) => ({publicKey, power: 1n, account})),
    authorities: [...new Set(plan.authorities)].sort(),
    vestings: plan.vestings ?? [],
  };
  checkGenesis(genesis);
  const endpoints = keyed.map(({publicKey, host, port}): Endpoint => ({id: peerIdOf(publicKey), host, port}));
  const validators: Exported[] = [];
  for (const [i, {validatorSeed}] of keyed.entries()) {
    const directory = path.join(plan.directory, `validator-${i}`);
    await mkdir(directory, {recursive: true, mode: 0o700});
    await initDataDir(path.join(directory, "node"), {genesis, validatorSeed});
    const configPath = path.join(directory, "config.toml");
    const others = endpoints.filter((_, at) => at !== i).map(formatEndpoint);
    await writeFile(configPath, configOf(endpoints[i]!, others), {mode: 0o644});
    validators.push({directory, configPath, endpoint: endpoints[i]!});
  }
  return {genesis, validators};
}

/** Values hold no quotes: hosts, ports and hex. Paths in the file start at the file. */
const configOf = (own: Endpoint, others: readonly string[]): string =>
  [
    'data_dir = "node"',
    `listen = "${formatEndpoint({...own, id: null})}"`,
    ...(others.length > 0 ? [`peers = "${others.join(",")}"`] : []),
    "",
  ].join("\n");
