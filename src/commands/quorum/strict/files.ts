/** Files of the strict profile as commands take them: a party's key, and the roster. */

import type {Command} from "commander";
import {acceptsInsecure} from "../../../codecs/quorum/strict/attestation-policy.js";
import {rosterFile, type SignedRoster} from "../../../codecs/quorum/strict/roster.js";
import {UsageError} from "../../../errors.js";
import type {StrictClient} from "../../../node/custody/client.js";
import {KEY_FILE_MAX_BYTES, parseSeedFile} from "../../../node/keys/key-file.js";
import type {Io} from "../../io.js";
import {warnInsecure} from "./insecure.js";

export const ROSTER_MAX_BYTES = 8 * 1024 * 1024;

export interface PartyFlags {
  readonly roster?: string;
  readonly key?: string;
  readonly at?: string;
}
export interface StrictFlags {
  readonly roster: string;
  readonly key: string;
  /** Name of the one coordinator that is asked. */
  readonly at?: string;
}

export const addPartyFlags = (command: Command): Command =>
  command
    .option("--roster <path>", "strict profile: the signed roster; its coordinators are asked, in order")
    .option("--key <path>", "strict profile: key of a party of the roster")
    .option("--at <name>", "strict profile: the one coordinator to ask (default: whichever can be reached)");

/** Whether the strict profile is meant. @throws UsageError KEY_REQUIRED, ROSTER_REQUIRED */
export function isStrict(flags: PartyFlags): flags is StrictFlags {
  if (flags.roster === undefined && flags.key === undefined) return false;
  if (flags.key === undefined)
    throw new UsageError("KEY_REQUIRED", "--roster needs the key of a party", {
      hint: "add --key FILE; qsdm quorum identity create makes one",
    });
  if (flags.roster === undefined)
    throw new UsageError("ROSTER_REQUIRED", "--key is of a party of a roster", {hint: "add --roster FILE"});
  return true;
}

/** @throws UsageError KEY_REQUIRED, ROSTER_REQUIRED */
export function strictFlags<F extends PartyFlags>(flags: F): F & StrictFlags {
  if (isStrict(flags)) return flags;
  throw new UsageError("ROSTER_REQUIRED", "the roster of a quorum is needed", {
    hint: "add --roster FILE and --key FILE",
  });
}

export async function readParty(
  io: Io,
  {roster, key}: StrictFlags,
): Promise<{readonly seed: Uint8Array; readonly roster: SignedRoster}> {
  return {
    seed: parseSeedFile(await io.readFile(key, {flag: "--key", maxBytes: KEY_FILE_MAX_BYTES})),
    roster: rosterFile.decode(await io.readFile(roster, {flag: "--roster", maxBytes: ROSTER_MAX_BYTES})),
  };
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Does `work` at the roster's coordinator. */
export async function atCoordinator<T>(
  io: Io,
  flags: StrictFlags & {readonly timeout?: number},
  work: (client: StrictClient) => Promise<T>,
): Promise<T> {
  const party = await readParty(io, flags);
  if (acceptsInsecure(party.roster.content.attestation)) warnInsecure(io, "custodians may be attested by software");
  const {connectStrict} = await import("../../../node/quorum-strict.js");
  const client = await connectStrict({...party, coordinator: flags.at ?? null}, flags.timeout ?? DEFAULT_TIMEOUT_MS);
  const end = (): void => client.close();
  io.signal.addEventListener("abort", end, {once: true});
  try {
    return await work(client);
  } finally {
    io.signal.removeEventListener("abort", end);
    client.close();
  }
}
