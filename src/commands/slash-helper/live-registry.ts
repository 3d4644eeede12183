/** What a running node says about whoever evidence accuses: --node of the makers of evidence. */
import {formatCell} from "../../codecs/amount.js";
import type {EnrollmentView} from "../../codecs/api/mining.js";
import {withClient} from "../client.js";
import type {Io} from "../io.js";
import {refuseEvidence} from "./proof-file.js";

/** Who is accused, and of a proof for which height. */
export interface Suspect {
  readonly nodeId: string;
  readonly height: bigint;
}

/**
 * What is at stake when `suspect` is slashed, as a sentence.
 * @throws RuleError ENROLLMENT_NOT_FOUND, EVIDENCE_REFUSED when a block would find nothing to take
 */
export async function checkSlashable(
  {nodeId, height}: Suspect,
  registry: {enrollment(input: {readonly nodeId: string}): Promise<EnrollmentView>},
): Promise<string> {
  const record = await registry.enrollment({nodeId});
  if (!record.slashable)
    refuseEvidence(`${nodeId} is ${record.phase} and has nothing left to take`, "its bond is gone; keep the fee");
  if (height < record.enrolledAtHeight)
    refuseEvidence(
      `the proof is for height ${height}, ${nodeId} is enrolled since height ${record.enrolledAtHeight}`,
      "only what was done under this enrollment counts",
    );
  return `${nodeId} is ${record.phase} since height ${record.enrolledAtHeight}, with a bond of ${formatCell(record.stakeDust)} CELL`;
}

/** Asks the node at `url`, when one is named, and tells the person who watches. */
export async function askRegistry(io: Io, url: string | undefined, suspect: Suspect): Promise<void> {
  if (url === undefined) return;
  io.note(await withClient(io, {apiUrl: url}, (client) => checkSlashable(suspect, client)));
}
