/** A file of GPUs that somebody has measured: `{"signer_id", "issued_at", "gpus": [{"name", "compute_capability"}]}`. */
import * as z from "zod";
import {textOf} from "../../codecs/bytes.js";
import {UsageError} from "../../errors.js";
import type {TelemetryProfile} from "../../node/mining/telemetry/catalogue.js";
import type {Io} from "../io.js";

// Members that nothing here looks at, such as temperatures, may stand beside.
const SCHEMA = z.object({
  signer_id: z.string().min(1),
  issued_at: z.number().int().nonnegative(),
  gpus: z.array(z.object({name: z.string(), compute_capability: z.string().default("")})).max(10_000),
});

/** @throws UsageError TELEMETRY_PROFILE_INVALID, FILE_NOT_FOUND */
export async function readTelemetryProfile(io: Pick<Io, "readFile">, path: string): Promise<TelemetryProfile> {
  const bytes = await io.readFile(path, {flag: "--telemetry-profile"});
  try {
    const {signer_id: signerId, issued_at: issuedAt, gpus} = SCHEMA.parse(JSON.parse(textOf(bytes)));
    return {
      signerId,
      issuedAt: BigInt(issuedAt),
      gpus: gpus.map(({name, compute_capability: computeCap}) => ({name, computeCap})),
    };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new UsageError("TELEMETRY_PROFILE_INVALID", `${path}: ${why.split("\n")[0]}`, {
      hint: "signer_id, issued_at in Unix seconds, and gpus with name and compute_capability",
      cause,
    });
  }
}
