/** Recorded answers of QBIND that this ledger gives differently on purpose; each row says why. */
import {Input} from "./case.js";
import type {Defect} from "./defects.js";

/** Readers of the reference leave what follows a message unread; two byte strings would be one message. */
const TRAILING_BYTES: Defect = {
  id: "trailing-bytes",
  areas: ["wire-consensus"],
  correct: (recorded) =>
    typeof recorded === "object" && Input.of(recorded).json.remainingBytes === 1
      ? {ok: false, remainingBytes: null}
      : recorded,
};

export const QBIND_DEFECTS: readonly Defect[] = [TRAILING_BYTES];
