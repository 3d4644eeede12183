import {type Command, Option} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {parseCell} from "../../codecs/amount.js";
import {textOf} from "../../codecs/bytes.js";
import {
  type DeviceTrustParams,
  type Genesis,
  type GenesisParams,
  genesisIdOf,
  type MonetaryGenesis,
} from "../../codecs/chain/genesis.js";
import {GENESIS_NUMBERS, parseGenesis, withParam} from "../../codecs/chain/genesis-file.js";
import {UsageError} from "../../errors.js";
import {initDataDir, newSeed} from "../../node/data-dir.js";
import {checkGenesis} from "../../node/ledger/chain/check-genesis.js";
import {NETWORK_PARAMS, type NetworkProfile} from "../../node/ledger/params/networks.js";
import {defineCommand} from "../define.js";
import {repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {addConfigFlag, loadSettings, type Settings, settingsEnvironment} from "../settings.js";
import {storePassphraseOf, storePassphraseSetting} from "../store/passphrase.js";
import {readDeviceTrustFile} from "./device-trust.js";
import {parseMonetaryFile} from "./monetary-file.js";

/** A new chain with one validator. */
export interface InitPlan {
  readonly dataDir: string;
  readonly network: NetworkProfile;
  readonly chainId: string;
  /** Account that receives the validator's share of the fees. */
  readonly validatorAccount: string;
  readonly allocations: readonly {readonly to: string; readonly amountDust: bigint}[];
  /** Who votes on governed parameters; without any, nobody ever does. */
  readonly authorities?: readonly string[];
  readonly vestings?: Genesis["vestings"];
  /** Null where the chain believes no confidential-computing device. */
  readonly deviceTrust?: DeviceTrustParams | null;
  /** Null where mining alone issues. */
  readonly monetary?: MonetaryGenesis | null;
  readonly timeMs: bigint;
  /** File of the key that the store is encrypted with; without it the store is in clear. */
  readonly storeKey?: Uint8Array | null;
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
    params: {...params, ...(plan.deviceTrust && {deviceTrust: plan.deviceTrust}), monetary: plan.monetary ?? null},
    allocations: plan.allocations,
    validators: [{publicKey, power: 1n, account: plan.validatorAccount}],
    authorities: [...new Set(plan.authorities)].sort(),
    vestings: plan.vestings ?? [],
  };
  checkGenesis(genesis);
  await initDataDir(plan.dataDir, {genesis, validatorSeed, storeKey: plan.storeKey ?? null});
  return genesis;
}

/**
 * Writes the data directory of a follower: the chain is another's, the key is new.
 * @throws DecodeError GENESIS_FILE_INVALID; RuleError GENESIS_INVALID; what `initDataDir` throws
 */
export async function initFollower(
  dataDir: string,
  genesisText: string,
  storeKey: Uint8Array | null = null,
): Promise<Genesis> {
  const genesis = parseGenesis(genesisText);
  checkGenesis(genesis);
  await initDataDir(dataDir, {genesis, validatorSeed: newSeed(), storeKey});
  return genesis;
}

/** `address=CELL`. @throws UsageError ALLOCATION_INVALID; DecodeError ADDRESS_INVALID, AMOUNT_INVALID */
export function parseAllocation(text: string): {to: string; amountDust: bigint} {
  const [to, amount, ...rest] = text.split("=");
  if (to === undefined || amount === undefined || rest.length > 0)
    throw new UsageError("ALLOCATION_INVALID", `"${text}" is not ADDRESS=CELL`);
  return {to: checkAddress(to), amountDust: parseCell(amount)};
}

/** A twelfth of a Julian year. */
const MONTH_SECONDS = 2_629_800n;
const VEST_MONTHS = 48;
export const VEST_FLAG = `set aside for an account, and vested block by block in ${VEST_MONTHS} months or so many; may be repeated`;

/**
 * `address=CELL`, with `:months` behind where it is not four years.
 * @throws UsageError VESTING_INVALID; DecodeError ADDRESS_INVALID, AMOUNT_INVALID
 */
export function parseVesting(
  text: string,
  {blockTimeSeconds}: Pick<GenesisParams, "blockTimeSeconds">,
): Genesis["vestings"][number] {
  const [, to, amount, months = `${VEST_MONTHS}`] = /^([^=:]+)=([^=:]+)(?::([1-9][0-9]{0,3}))?$/.exec(text) ?? [];
  if (to === undefined || amount === undefined)
    throw new UsageError("VESTING_INVALID", `"${text}" is not ADDRESS=CELL or ADDRESS=CELL:MONTHS`);
  const endHeight = (BigInt(months) * MONTH_SECONDS) / BigInt(blockTimeSeconds);
  return {to: checkAddress(to), amountDust: parseCell(amount), cliffHeight: 0n, endHeight};
}

/** What `--vest` sets aside on a chain of `--network` with what `--param` changes. @throws as `parseVesting`, `withParam` */
export function vestingsOf({
  vest,
  param,
  network,
}: {
  readonly vest: readonly string[];
  readonly param: readonly string[];
  readonly network: NetworkProfile;
}): Genesis["vestings"] {
  const params = param.reduce(withParam, NETWORK_PARAMS[network]);
  return vest.map((each) => parseVesting(each, params));
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

const MONETARY_EXAMPLE = `cat > monetary.toml <<END
  mode = "active"
  epoch_blocks = 60
  treasury = "$(qsdm wallet show --in treasury.json)"
  insurance = "$(qsdm wallet show --in insurance.json)"
  community = "$(qsdm wallet show --in community.json)"
  END
  qsdm node init --chain-id my-stake --validator-account "$(qsdm wallet show)" --monetary monetary.toml`;

interface InitFlags {
  readonly network: NetworkProfile;
  readonly chainId?: string;
  readonly validatorAccount?: string;
  readonly allocate: readonly string[];
  readonly authority: readonly string[];
  readonly vest: readonly string[];
  readonly deviceTrust?: string;
  readonly monetary?: string;
  readonly param: readonly string[];
}

/** @throws UsageError FLAG_MISSING, ALLOCATION_INVALID; DecodeError ADDRESS_INVALID, AMOUNT_INVALID */
async function planOf(io: Io, flags: InitFlags, dataDir: string): Promise<InitPlan> {
  const {chainId, validatorAccount, deviceTrust, monetary} = flags;
  if (chainId === undefined || validatorAccount === undefined)
    throw new UsageError("FLAG_MISSING", "a new chain needs --chain-id and --validator-account", {
      hint: "to follow a chain that is there, give --genesis instead",
    });
  return {
    dataDir,
    network: flags.network,
    chainId,
    validatorAccount: checkAddress(validatorAccount),
    allocations: flags.allocate.map(parseAllocation),
    authorities: flags.authority.map(checkAddress),
    vestings: vestingsOf(flags),
    deviceTrust: deviceTrust === undefined ? null : await readDeviceTrustFile(io.host.disk, deviceTrust),
    monetary:
      monetary === undefined ? null : parseMonetaryFile(await io.readFile(monetary, {flag: "--monetary"}), monetary),
    timeMs: BigInt(io.host.now()),
    params: flags.param,
  };
}

export const nodeInitCommand = (io: Io): Command =>
  addConfigFlag(
    defineCommand("node init", {
      summary: "create the data directory of a new chain with one validator, or of a follower",
      description:
        "Writes genesis, a new validator key and a new challenge key into the data directory. Nothing that is there is " +
        "overwritten. Prints the genesis digest, which identifies the chain.\n\n" +
        "Allocations are taken from the treasury's tenth of the supply. --vest takes from it as well: the account can claim a " +
        "part that grows with every block. --param changes one number of the network's " +
        "parameter set; a chain that could not run is refused. The numbers are " +
        `${GENESIS_NUMBERS.join(", ")}.\n\n` +
        "--authority names the accounts that may change fees, the slash reward and fork heights of the running chain, more " +
        "than half of them for each change (qsdm gov). Who they are can be changed by them alone: a chain that starts " +
        "without any stays as it is.\n\n" +
        "With --device-trust the chain believes evidence of GPUs with certificates. The file is TOML: roots, a list of " +
        "PEM or DER files; min_firmware and min_driver, the oldest versions that count; and [[reference]] tables with " +
        "driver, firmware and measurements, the right digests in hex by number. It becomes part of the genesis, since " +
        "every node must judge alike.\n\n" +
        "With --monetary the chain issues money by stake as well. The file is TOML: mode, shadow to reckon only or active to " +
        "pay validators instead of miners; the accounts treasury, insurance and community; epoch_blocks; and validators_bps, " +
        "insurance_bps and community_bps, the parts, of which the treasury has the rest.\n\n" +
        "With --genesis the directory is a follower's: it takes the genesis file of a chain that is there, and a new key " +
        "that does not vote until qsdm validator join has staked on it. qsdm node run --peer then brings every block, " +
        "checks it, and passes writes on.\n\n" +
        "With --encrypt blocks, state, receipts and all that waits lie encrypted in the directory, under a key that the " +
        "passphrase opens. qsdm node run and qsdm store then ask for it. The passphrase cannot be brought back, and the store " +
        "cannot be read without chain.key: keep a copy. qsdm store reseal changes the passphrase. What qsdm store export and " +
        "snapshots write is for others, and in clear.",
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
        {
          does: "one that pays those who stake, in epochs of a minute",
          run: MONETARY_EXAMPLE,
        },
        {
          does: "one whose disk tells nothing without a passphrase, which is asked for",
          run: 'qsdm node init --chain-id my-dev --validator-account "$(qsdm wallet show)" --encrypt',
        },
        {
          does: "a follower of a chain whose genesis file a validator gave you, and its start",
          run: "qsdm node init --data-dir ./follower --genesis genesis.json\nqsdm node run --data-dir ./follower --peer PEER_ID@192.0.2.7:9000",
        },
      ],
      files: {
        "DIR/genesis.json": "The chain's constants.",
        "DIR/validator.seed": "Key that votes, or that a follower is known by. Mode 0600.",
        "DIR/challenge.key": "Key of the challenge MAC. Mode 0600.",
        "DIR/chain.key": "Key of an encrypted store, under its passphrase. Mode 0600.",
      },
      environment: settingsEnvironment("data_dir", "store_passphrase_file"),
      seeAlso: ["node run", "store reseal", "wallet create", "validator join"],
    }),
  )
    .option("--data-dir <dir>", "where the node lives (default: ~/.qsdm/node)")
    .addOption(new Option("--network <name>", "parameter set").choices(Object.keys(NETWORK_PARAMS)).default("dev"))
    .option("--chain-id <id>", "name of the new chain, signed into every transaction")
    .option("--validator-account <address>", "account that receives the validator's fees")
    .addOption(
      new Option("--genesis <path>", "genesis file of the chain to follow; - reads standard input").conflicts([
        "network",
        "chainId",
        "validatorAccount",
        "deviceTrust",
        "monetary",
        "allocate",
        "authority",
        "vest",
        "param",
      ]),
    )
    .option("--device-trust <path>", "TOML file of the GPU certificates that the chain believes")
    .option("--monetary <path>", "TOML file of how money is issued by stake")
    .option("--allocate <address=CELL>", "balance at height 0; may be repeated", repeatFlag, [])
    .option("--vest <address=CELL[:months]>", VEST_FLAG, repeatFlag, [])
    .option("--authority <address>", "who votes on the chain's parameters; may be repeated", repeatFlag, [])
    .option("--param <name=value>", "one parameter of the genesis; may be repeated", repeatFlag, [])
    .option("--encrypt", "encrypt what the node keeps, under a passphrase; so does --store-passphrase-file", false)
    .option("--store-passphrase-file <path>", "file with that passphrase; - reads standard input")
    .action(async (flags) => {
      const settings = await loadSettings(io.host, {
        config: flags.config,
        data_dir: flags.dataDir,
        ...storePassphraseSetting(flags),
      });
      const dataDir = settings.data_dir.value!;
      const storeKey = await storeKeyOf(io, settings, flags.encrypt);
      const genesis =
        flags.genesis === undefined
          ? await initNode({...(await planOf(io, flags, dataDir)), storeKey})
          : await initFollower(dataDir, textOf(await io.readFile(flags.genesis, {flag: "--genesis"})), storeKey);
      const id = genesisIdOf(genesis);
      const {chainId: chain_id, network} = genesis;
      io.result({genesis_id: id, chain_id, network, data_dir: dataDir, encrypted: storeKey !== null}, id);
    });

/** Null where the store is to be in clear. */
async function storeKeyOf(io: Io, settings: Settings, encrypt: boolean): Promise<Uint8Array | null> {
  const passphrase = storePassphraseOf(io, settings, {fresh: true});
  if (!encrypt && !passphrase.isGiven) return null;
  const {createStoreKey} = await import("../../node/storage/seal/key-file.js");
  return createStoreKey(await passphrase.read());
}
