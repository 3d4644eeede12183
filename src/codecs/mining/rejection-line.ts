/**
 * A line of the file of rejections: one J-html object with Go's member names, all of them always there.
 * Source: mining protocol, section 18.4. Vectors: rejection-log.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {time} from "../api/shape.js";
import {readWhole} from "../go/readers.js";
import {goStruct, member} from "../go/struct.js";
import {goText, goUint64} from "../go/types.js";

export interface RejectionLine {
  readonly seq: bigint;
  /** Milliseconds since 1970; Go's zero time, the year 1, where the member is missing. */
  readonly recordedAtMs: bigint;
  readonly kind: string;
  readonly reason: string;
  readonly arch: string;
  readonly height: bigint;
  readonly minerAddr: string;
  readonly gpuName: string;
  readonly certSubject: string;
  readonly detail: string;
}

/** Longest line that is read, in bytes. */
export const REJECTION_LINE_MAX_BYTES = 65_536;

const wire = goStruct("recentrejects.Rejection", {
  seq: member("Seq", goUint64),
  recordedAt: member("RecordedAt", goText("time.Time")),
  kind: member("Kind", goText()),
  reason: member("Reason", goText()),
  arch: member("Arch", goText()),
  height: member("Height", goUint64),
  minerAddr: member("MinerAddr", goText()),
  gpuName: member("GPUName", goText()),
  certSubject: member("CertSubject", goText()),
  detail: member("Detail", goText()),
});

const ZERO_TIME_MS = BigInt(Date.parse("0001-01-01T00:00:00Z"));
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Without the line feed. */
export const formatRejection = ({recordedAtMs, ...line}: RejectionLine): string =>
  wire.write({...line, recordedAt: time.write(recordedAtMs)!.slice(1, -1)}, "html");

/** @throws DecodeError REJECTION_INVALID */
export function parseRejection(line: Uint8Array): RejectionLine {
  const {recordedAt, ...rest} = readWhole(wire, line, {code: "REJECTION_INVALID", prefix: "rejection: "});
  if (recordedAt === "") return {...rest, recordedAtMs: ZERO_TIME_MS};
  const ms = RFC_3339.test(recordedAt) ? Date.parse(recordedAt) : Number.NaN;
  if (Number.isNaN(ms)) throw new DecodeError("REJECTION_INVALID", `rejection: "${recordedAt}" is not a time`);
  return {...rest, recordedAtMs: BigInt(ms)};
}
