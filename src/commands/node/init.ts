import {type Command, Option} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {parseCell} from "../../codecs/amount.js";
import {type DeviceTrustParams, type Genesis, genesisIdOf} from "../../codecs/chain/genesis.js";
import {UsageError} from "../../errors.js";
import {initDataDir, newSeed} from "../../node/data-dir.js";
import {GENESIS_NUMBERS, withParam} from "../../node/genesis-file.js";
import {checkGenesis} from "../../node/ledger/chain/check-genesis.js";
import {NETWORK_PARAMS, type NetworkProfile} from "../../node/ledger/params/networks.js";
import {defineCommand} from "../define.js";
import {repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {readDeviceTrustFile} from "./device-trust.js";

/** A new chain with one validator. */
export interface InitPlan {
  readonly dataDir: string;
  readonly network: NetworkProfile;
  readonly chainId: string;
  /** Account that receives the validator's share of the fees. */
  readonly validatorAccount: string;
  readonly allocations: readonly {readonly to: string; readonly amountDust: bigint}[];
  /** Null where the chain believes no confidential-computing device. */
  readonly deviceTrust?: DeviceTrustParams | null;
  readonly timeMs: bigint;
  /** Parameters that differ from the network's, as `NAME=VALUE`. */
  readonly params?: readonly string[];
}

/**
 * Writes the data directory of a new chain. Knows no flags.
 * @throws UsageError GENESIS_PARAM_INVALID; RuleError GENESIS_INVALID, DEVICE_ROOTS_INVALID; what `initDataDir` throws
 */
export async function initNode(plan: InitPlan): Promise<Genesis> {
  const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
  const validatorSeed = newSeed();
  const {publicKey} = (await loadMlDsa(44)).keygenFromSeed(validatorSeed);
  const params = (plan.params ?? []).reduce(withParam, NETWORK_PARAMS[plan.network]);
  const genesis: Genesis = {
    chainId: plan.chainId,
    network: plan.network,
    timeMs: plan.timeMs,
    params: {...params, ...(plan.deviceTrust && {deviceTrust: plan.deviceTrust})},
    allocations: plan.allocations,
    validators: [{publicKey, power: 1n, account: plan.validatorAccount}],
  };
  checkGenesis(genesis);
  await initDataDir(plan.dataDir, {genesis, validatorSeed});
  return genesis;
}

/** `address=CELL`. @throws UsageError ALLOCATION_INVALID; DecodeError ADDRESS_INVALID, AMOUNT_INVALID */
export function parseAllocation(text: string): {to: string; amountDust: bigint} {
  const [to, amount, ...rest] = text.split("=");
  if (to === undefined || amount === undefined || rest.length > 0)
    throw new UsageError("ALLOCATION_INVALID", `"${text}" is not ADDRESS=CELL`);
  return {to: checkAddress(to), amountDust: parseCell(amount)};
}

const TRUST_EXAMPLE = `cat > trust.toml <<'END'
  roots = ["nvidia-device-root.pem"]
  min_firmware = "96.00.9F"
  min_driver = "550.54"
  [[reference]]
  driver = "550.90.07"
  firmware = "96.00.9F.00.01"
  [reference.measurements]
  2 = ["8048dfd18fe229bf16eb9d30cca0f11a24dafe6eb731de1462984645a0b189b77c4e4e17de727a5e19e3d07de51da338"]
  END
  qsdm node init --chain-id my-cc --validator-account "$(qsdm wallet show)" --device-trust trust.toml`;

export const nodeInitCommand = (io: Io): Command =>
  addConfigFlag(
    defineCommand("node init", {
      summary: "create the data directory of a new chain with one validator",
      description:
        "Writes genesis, a new validator key and a new challenge key into the data directory. Nothing that is there is " +
        "overwritten. Prints the genesis digest, which identifies the chain.\n\n" +
        "Allocations are taken from the treasury's tenth of the supply. --param changes one number of the network's " +
        "parameter set; a chain that could not run is refused. The numbers are " +
        `${GENESIS_NUMBERS.join(", ")}.\n\n` +
        "With --device-trust the chain believes evidence of GPUs with certificates. The file is TOML: roots, a list of " +
        "PEM or DER files; min_firmware and min_driver, the oldest versions that count; and [[reference]] tables with " +
        "driver, firmware and measurements, the right digests in hex by number. It becomes part of the genesis, since " +
        "every node must judge alike.",
      examples: [
        {
          does: "a development chain that pays 1,000 CELL to one wallet",
          run: 'qsdm node init --network dev --chain-id my-dev --validator-account "$(qsdm wallet show)" --allocate "$(qsdm wallet show)=1000"',
        },
        {
          does: "one whose walk changes at height 1,000 and whose difficulty changes every minute",
          run: 'qsdm node init --chain-id my-dev --validator-account "$(qsdm wallet show)" --param forkTensorHeight=1000 --param retargetIntervalBlocks=60',
        },
        {
          does: "one that believes GPUs under one root, with recent software, and reports of one known state",
          run: TRUST_EXAMPLE,
        },
      ],
      files: {
        "DIR/genesis.json": "The chain's constants.",
        "DIR/validator.seed": "Key that votes. Mode 0600.",
        "DIR/challenge.key": "Key of the challenge MAC. Mode 0600.",
      },
      environment: settingsEnvironment("data_dir"),
      seeAlso: ["node run", "wallet create"],
    }),
  )
    .option("--data-dir <dir>", "where the node lives (default: ~/.qsdm/node)")
    .addOption(new Option("--network <name>", "parameter set").choices(Object.keys(NETWORK_PARAMS)).default("dev"))
    .requiredOption("--chain-id <id>", "name of the chain, signed into every transaction")
    .requiredOption("--validator-account <address>", "account that receives the validator's fees")
    .option("--device-trust <path>", "TOML file of the GPU certificates that the chain believes")
    .option("--allocate <address=CELL>", "balance at height 0; may be repeated", repeatFlag, [])
    .option("--param <name=value>", "one parameter of the genesis; may be repeated", repeatFlag, [])
    .action(async (flags) => {
      const settings = await loadSettings(io.host, {config: flags.config, data_dir: flags.dataDir});
      const dataDir = settings.data_dir.value!;
      const genesis = await initNode({
        dataDir,
        network: flags.network,
        chainId: flags.chainId,
        validatorAccount: checkAddress(flags.validatorAccount),
        allocations: flags.allocate.map(parseAllocation),
        deviceTrust:
          flags.deviceTrust === undefined ? null : await readDeviceTrustFile(io.host.disk, flags.deviceTrust),
        timeMs: BigInt(io.host.now()),
        params: flags.param,
      });
      const id = genesisIdOf(genesis);
      io.result({genesis_id: id, chain_id: genesis.chainId, network: genesis.network, data_dir: dataDir}, id);
    });
