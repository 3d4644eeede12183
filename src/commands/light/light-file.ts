/** The file in which a light client keeps what it verified, and how it is begun. */
import {join} from "node:path";
import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {decodeLightChain, encodeLightChain, LIGHT_CHAIN_MAX_BYTES, type LightChain} from "../../codecs/chain/light.js";
import {UsageError} from "../../errors.js";
import {newestOf} from "../../node/consensus/light/light.js";
import type {LightPorts, SourceVerdict} from "../../node/light/source.js";
import {type ClientFlags, withClients} from "../client.js";
import {repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";

export interface LightFlags extends ClientFlags {
  readonly store?: string;
  readonly genesis?: string;
  readonly checkpoint?: string;
  readonly source: readonly string[];
  readonly acceptOld: boolean;
}

export const addLightFlags = (command: Command): Command =>
  addClientFlags(command)
    .option("--store <path>", "file of what was verified (default: ~/.qsdm/light.json)")
    .option("--genesis <path>", "begin from the genesis file of the chain")
    .option("--checkpoint <path>", "begin from another light client's file, which is trusted")
    .option("--source <url>", "a node to ask; give several to hold them against each other", repeatFlag, [])
    .option("--accept-old", "go on from a block older than the chain's votes count for", false);

/** What every light command's page says besides its own. */
export const lightDocs = {
  environment: settingsEnvironment("api_url", "timeout"),
  files: {
    "~/.qsdm/light.json":
      "Blocks that were verified, as JSON, unless --store names another place. Given to somebody who trusts you, it is " +
      "a --checkpoint to begin from.",
  },
} as const;

/** Where the client stands, and the way to keep where it comes to. */
export interface LightFile {
  readonly chain: LightChain;
  save(chain: LightChain): Promise<void>;
}

/**
 * Opens the store, or begins one.
 * @throws UsageError LIGHT_NOT_BEGUN, LIGHT_OTHER_CHAIN, FLAG_CONFLICT; DecodeError CHECKPOINT_INVALID; RuleError
 * GENESIS_INVALID
 */
export async function openLightFile(
  io: Io,
  flags: Pick<LightFlags, "store" | "genesis" | "checkpoint">,
): Promise<LightFile> {
  const {disk, home} = io.host;
  const path = flags.store ?? join(home, ".qsdm", "light.json");
  const kept = (await disk.exists(path)) ? decodeLightChain(await disk.read(path, LIGHT_CHAIN_MAX_BYTES)) : null;
  const begun = await beginning(io, flags);
  const chain = newer(kept, begun, path);
  return {
    chain,
    async save(next) {
      if (next !== kept) await disk.write(path, encodeLightChain(next), {mode: 0o644, replace: true});
    },
  };
}

/** What the flags say to begin from. */
async function beginning(
  io: Io,
  {genesis, checkpoint}: Pick<LightFlags, "genesis" | "checkpoint">,
): Promise<LightChain | null> {
  if (genesis !== undefined && checkpoint !== undefined)
    throw new UsageError("FLAG_CONFLICT", "--genesis and --checkpoint exclude each other");
  if (checkpoint !== undefined)
    return decodeLightChain(await io.readFile(checkpoint, {flag: "--checkpoint", maxBytes: LIGHT_CHAIN_MAX_BYTES}));
  if (genesis === undefined) return null;
  const bytes = await io.readFile(genesis, {flag: "--genesis"});
  const {parseGenesis} = await import("../../codecs/chain/genesis-file.js");
  const {lightChainOf} = await import("../../node/light/genesis.js");
  return lightChainOf(parseGenesis(textOf(bytes)));
}

function newer(kept: LightChain | null, begun: LightChain | null, path: string): LightChain {
  if (!kept && !begun)
    throw new UsageError("LIGHT_NOT_BEGUN", `there is no ${path} to go on from`, {
      hint: "say what you trust: --genesis FILE or --checkpoint FILE",
    });
  if (!kept || !begun) return (kept ?? begun)!;
  const differs = begun.checkpoints.find(({height, blockId}) =>
    kept.checkpoints.some((each) => each.height === height && each.blockId !== blockId),
  );
  if (kept.chainId !== begun.chainId || differs)
    throw new UsageError("LIGHT_OTHER_CHAIN", `${path} is of another chain, ${kept.chainId}`, {
      hint: `keep the other chain in a file of its own, or remove ${path} to begin anew`,
    });
  return newestOf(begun).height > newestOf(kept).height ? begun : kept;
}

/** Runs `work` with what it needs to ask the sources, keeps each epoch that it enters, and tells of each that failed. */
export async function withSources<T>(
  io: Io,
  flags: LightFlags,
  file: LightFile,
  work: (ports: LightPorts) => Promise<T>,
): Promise<T> {
  const {setTimeout: sleep} = await import("node:timers/promises");
  const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
  const {httpSource} = await import("../../node/light/http-source.js");
  const {verify} = await loadMlDsa(44);
  return withClients(io, flags, flags.source, (clients) =>
    work({
      sources: clients.map(httpSource),
      verify,
      sleep: (ms) => sleep(ms, undefined, {signal: io.signal}),
      told: (verdict) => tell(io, verdict),
      entered: (chain) => file.save(chain),
    }),
  );
}

function tell(io: Io, {name, verdict, height, code, reason}: SourceVerdict): void {
  if (verdict === "lied") io.warn(`${name} is left: what it says does not hold (${code}): ${reason}`);
  else if (verdict === "unavailable") io.warn(`${name} is left out (${code}): ${reason}`);
  else io.detail(`${name}: ${verdict}, block ${height}`);
}
