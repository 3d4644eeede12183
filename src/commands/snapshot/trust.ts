/** What a snapshot is held to, from flags: the genesis of its chain, and what the operator knows besides. */
import type {Command} from "commander";
import type {Genesis} from "../../codecs/chain/genesis.js";
import {decodeLightChain, LIGHT_CHAIN_MAX_BYTES} from "../../codecs/chain/light.js";
import type {VerifyPorts} from "../../node/snapshots/verify.js";
import type {Io} from "../io.js";
import {Telling} from "../telling.js";

export interface TrustFlags {
  readonly checkpoint?: string;
  readonly acceptOld?: boolean;
}

export const addTrustFlags = (command: Command): Command =>
  command
    .option("--checkpoint <path>", "a light client's file that you trust, which the snapshot has to agree with")
    .option("--accept-old", "take the genesis, or the checkpoint, for enough however old it is");

/** What the trust flags are about, for the pages of commands that have them. */
export const TRUST_TEXT =
  "Whoever has the genesis need not believe whoever made the snapshot, with one exception: where the validators of the " +
  "genesis have changed, those that left and have their stake back could sign another history for nothing. Where the " +
  "genesis is older than the time that takes, a newer checkpoint is asked for (--checkpoint, a file of qsdm light sync).";

export async function verifyPortsOf(
  io: Io,
  genesis: Genesis,
  {checkpoint, acceptOld = false}: TrustFlags,
): Promise<{readonly ports: VerifyPorts; done(): void}> {
  const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
  const {loadHashAll} = await import("../../node/compute/backend.js");
  const {rememberValid} = await import("../../node/signature-cache.js");
  const checkpoints =
    checkpoint === undefined
      ? null
      : decodeLightChain(await io.readFile(checkpoint, {flag: "--checkpoint", maxBytes: LIGHT_CHAIN_MAX_BYTES}));
  const {verify} = await loadMlDsa(44);
  const telling = new Telling(io, "verifying");
  const ports: VerifyPorts = {
    genesis,
    checkpoints,
    acceptOld,
    nowMs: BigInt(Date.now()),
    verifyVote: rememberValid(verify),
    hashAll: await loadHashAll(),
    signal: io.signal,
    checked: (chunks, of) => telling.tell("parts", chunks, of),
  };
  return {ports, done: () => telling.done()};
}
