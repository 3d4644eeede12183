/** What a coordinator tells probes, and whoever else asks: that it lives, whether it can serve, and what custodians signed last. */
import {textOf} from "../../codecs/bytes.js";
import {type Countersigned, checkpointFile} from "../../codecs/quorum/strict/audit.js";
import type {Members} from "../quorum/strict/members.js";

/** What a probe is told: well or not, and why. */
export interface Page {
  readonly isWell: boolean;
  readonly body: Readonly<Record<string, string | number | null>>;
}
/** By path. */
export type Pages = Readonly<Record<string, () => Page>>;

export interface CoordinatorSigns {
  readonly name: string;
  readonly members: Members;
  /** Custodians that a channel stands to. */
  connected(): number;
  checkpoint(): Countersigned | null;
}

export function coordinatorPages({name, members, connected, checkpoint}: CoordinatorSigns): Pages {
  return {
    "/health": () => ({isWell: true, body: {coordinator: name, status: "ok"}}),
    "/audit": () => {
      const custodians = connected();
      const isWell = custodians >= members.k;
      const newest = checkpoint();
      const status = isWell ? "ready" : "custodians missing";
      const entries = Number(newest?.checkpoint.content.size ?? 0n);
      // As a file of `quorum audit verify --checkpoint`, which anybody can check against the roster.
      const file = newest && textOf(checkpointFile.encode(newest)).trim();
      return {isWell, body: {coordinator: name, status, custodians, threshold: members.k, entries, checkpoint: file}};
    },
  };
}
