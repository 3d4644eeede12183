/** Sums of all runs, in a file that each run goes on from. */
import {decodeMinerTotals, encodeMinerTotals, MINER_TOTALS_MAX_BYTES} from "../../codecs/mining/miner-totals.js";
import {QsdmError} from "../../errors.js";
import {NO_TOTALS, type Totals} from "../../node/mining/tally.js";
import type {Io} from "../io.js";

export class TotalsFile {
  constructor(
    private readonly io: Io,
    private readonly path: string,
  ) {}

  /** What the runs before came to. @throws DecodeError MINER_TOTALS_INVALID, so that nothing is written over */
  async load(): Promise<Totals> {
    const {disk} = this.io.host;
    if (!(await disk.exists(this.path))) return NO_TOTALS;
    const {rejectedByReason, ...rest} = decodeMinerTotals(await disk.read(this.path, MINER_TOTALS_MAX_BYTES));
    return {...rest, rejectedByReason: Object.fromEntries(rejectedByReason)};
  }

  /** Keeps the sums; a disk that cannot take them costs a warning. */
  async save({attempts, acceptedProofs, rejectedByReason, uptimeSeconds}: Totals): Promise<void> {
    const bytes = encodeMinerTotals({
      attempts,
      acceptedProofs,
      rejectedByReason: new Map(Object.entries(rejectedByReason)),
      uptimeSeconds: Math.round(uptimeSeconds),
    });
    try {
      await this.io.host.disk.write(this.path, bytes, {mode: 0o600, replace: true});
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      this.io.detail(`the sums are not kept: ${error.message}`);
    }
  }
}
