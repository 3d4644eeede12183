import {type Command, Option} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {genesisIdOf} from "../../codecs/chain/genesis.js";
import {UsageError} from "../../errors.js";
import {NETWORK_PARAMS} from "../../node/ledger/params/networks.js";
import {formatEndpoint, parseEndpoint} from "../../node/network/address.js";
import {defineCommand} from "../define.js";
import {countFlag, repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {parseAllocation, VEST_FLAG, vestingsOf} from "../node/init.js";
import {exportLocalnet, type Seat} from "./layout.js";

interface ExportFlags {
  readonly out: string;
  readonly chainId: string;
  readonly network: keyof typeof NETWORK_PARAMS;
  readonly validators: number;
  readonly host: readonly string[];
  readonly basePort: number;
  readonly validatorAccount: readonly string[];
  readonly allocate: readonly string[];
  readonly authority: readonly string[];
  readonly vest: readonly string[];
  readonly param: readonly string[];
}

/** Hosts that were named, or loopback with a port for each. @throws UsageError SEATS_MISMATCH, PEER_ADDRESS_INVALID */
export function seatsOf({validators, host, basePort, validatorAccount}: ExportFlags): Seat[] {
  const refuse = (flag: string, count: number): never => {
    throw new UsageError("SEATS_MISMATCH", `${flag} is given ${count} times for ${validators} validators`, {
      hint: "give it once for each validator",
    });
  };
  if (host.length !== 0 && host.length !== validators) refuse("--host", host.length);
  const accounts = validatorAccount.map(checkAddress);
  if (accounts.length !== 1 && accounts.length !== validators) refuse("--validator-account", accounts.length);
  return Array.from({length: validators}, (_, i) => {
    const {host: name, port} = host.length > 0 ? parseEndpoint(host[i]!) : {host: "127.0.0.1", port: basePort + i};
    return {account: accounts[i % accounts.length]!, host: name, port};
  });
}

export const localnetExportCommand = (io: Io): Command =>
  defineCommand("localnet export", {
    summary: "write keys and configuration of a new chain with several validators",
    description:
      "Makes one genesis with a new voting key for each validator, and for each a directory with its data directory and a " +
      "config.toml that says where it listens and where the others are. Copy each directory to its machine and run it " +
      "there; nothing in one directory opens another. Prints one line for each: directory, and its address among nodes.\n\n" +
      "Without --host every validator is on this machine, on ports from --base-port on.",
    examples: [
      {
        does: "four validators on this machine, and the second of them running",
        run: 'qsdm localnet export --out ./net --chain-id my-net --validator-account "$(qsdm wallet show)"\nqsdm node run --config ./net/validator-1/config.toml --api-port 8081',
      },
      {
        does: "four on hosts of their own",
        run: 'qsdm localnet export --out ./net --chain-id my-net --validator-account "$(qsdm wallet show)" --host 192.0.2.1:9000 --host 192.0.2.2:9000 --host 192.0.2.3:9000 --host 192.0.2.4:9000',
      },
    ],
    files: {
      "OUT/validator-N/node/": "Data directory, with the validator's key.",
      "OUT/validator-N/config.toml": "Configuration for qsdm node run.",
    },
    seeAlso: ["node run", "node init", "peers"],
  })
    .requiredOption("--out <dir>", "where the directories go")
    .requiredOption("--chain-id <id>", "name of the chain, signed into every transaction")
    .requiredOption(
      "--validator-account <address>",
      "account that receives fees; once for all, or once for each validator",
      repeatFlag,
    )
    .addOption(new Option("--network <name>", "parameter set").choices(Object.keys(NETWORK_PARAMS)).default("dev"))
    .option("--validators <count>", "how many validators", countFlag(1, 100), 4)
    .option("--host <host:port>", "where a validator listens and is reached; once for each", repeatFlag, [])
    .option("--base-port <port>", "first port on this machine", countFlag(1, 65_000), 9000)
    .option("--allocate <address=CELL>", "balance at height 0; may be repeated", repeatFlag, [])
    .option("--vest <address=CELL[:months]>", VEST_FLAG, repeatFlag, [])
    .option("--authority <address>", "who votes on the chain's parameters; may be repeated", repeatFlag, [])
    .option("--param <name=value>", "one parameter of the genesis; may be repeated", repeatFlag, [])
    .action(async (flags: ExportFlags) => {
      const {genesis, validators} = await exportLocalnet({
        directory: flags.out,
        network: flags.network,
        chainId: flags.chainId,
        seats: seatsOf(flags),
        allocations: flags.allocate.map(parseAllocation),
        authorities: flags.authority.map(checkAddress),
        vestings: vestingsOf(flags),
        params: flags.param,
        timeMs: BigInt(io.host.now()),
      });
      const written = validators.map(({directory, configPath, endpoint}) => ({
        directory,
        config: configPath,
        address: formatEndpoint(endpoint),
      }));
      io.result(
        {genesis_id: genesisIdOf(genesis), chain_id: genesis.chainId, validators: written},
        written.map(({directory, address}) => [directory, address]),
      );
    });
