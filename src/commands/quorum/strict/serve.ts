/** Services of the strict profile, as their commands start them. */
import {UsageError} from "../../../errors.js";
import type {StrictProcessOptions} from "../../../node/quorum-strict.js";
import type {Io} from "../../io.js";
import {createLog, type LogLevel} from "../../log.js";
import {isStrict, type PartyFlags, readParty} from "./files.js";

export interface StrictServiceFlags extends PartyFlags {
  readonly dataDir: string;
  readonly listen?: string;
  readonly roundTimeout: number;
  readonly logLevel: LogLevel;
}

const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):([0-9]{1,5})$/;

/** @throws UsageError ROSTER_REQUIRED, KEY_REQUIRED, ADDRESS_INVALID */
export async function strictOptions(io: Io, flags: StrictServiceFlags): Promise<StrictProcessOptions> {
  if (!isStrict(flags))
    throw new UsageError("ROSTER_REQUIRED", "the strict profile needs --roster and --key", {
      hint: "qsdm quorum identity create and qsdm quorum roster create make them; --profile compat serves the reference's API",
    });
  const listen = flags.listen === undefined ? null : ADDRESS.exec(flags.listen);
  if (flags.listen !== undefined && listen === null)
    throw new UsageError("ADDRESS_INVALID", `"${flags.listen}" is not host:port`);
  return {
    ...(await readParty(io, flags)),
    dataDir: flags.dataDir,
    listen: listen === null ? null : {host: listen[1]!.replace(/^\[(.*)\]$/, "$1"), port: Number(listen[2])},
    roundMs: flags.roundTimeout,
    log: createLog(flags.logLevel),
  };
}
