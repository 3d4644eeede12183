/** The file in which a miner keeps its sums between runs: one JSON object, in this program's own form. */
import {DecodeError, QsdmError} from "../../errors.js";
import {parseJson} from "../api/json.js";
import {count, mapOf, object, omitEmpty, type ValueOf} from "../api/shape.js";
import {textOf, utf8} from "../bytes.js";

const form = object({
  schema: count,
  attempts: count,
  acceptedProofs: count,
  rejectedByReason: mapOf(count),
  uptimeSeconds: omitEmpty(count, 0),
});
export type MinerTotals = Omit<ValueOf<typeof form>, "schema">;

export const MINER_TOTALS_MAX_BYTES = 64 * 1024;

export const encodeMinerTotals = (totals: MinerTotals): Uint8Array => utf8(`${form.write({schema: 1, ...totals})}\n`);

/** @throws DecodeError MINER_TOTALS_INVALID */
export function decodeMinerTotals(bytes: Uint8Array): MinerTotals {
  try {
    const {schema, ...totals} = form.read(parseJson(textOf(bytes)), "totals");
    if (schema === 1) return totals;
  } catch (cause) {
    if (!(cause instanceof QsdmError)) throw cause;
    throw new DecodeError("MINER_TOTALS_INVALID", "the file of a miner's sums has another form", {cause});
  }
  throw new DecodeError("MINER_TOTALS_INVALID", "the file of a miner's sums is of another version");
}
