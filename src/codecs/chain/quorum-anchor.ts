/** Where the audit log of a quorum's coordinator stood, put on the ledger (docs/decisions/0098-quorum-audit-log.md). */
import {digestHex} from "../address.js";
import {type FieldValue, record, u64, within} from "../cbor/record.js";

export const QUORUM_ANCHOR_CONTRACT = "qsdm/quorum-anchor/v1";

const head = {
  /** Entries of the log. */
  size: u64,
  /** Root of the tree over them: RFC 6962, SHA-256. */
  root: digestHex,
  /** SHA3-256 of the checkpoint that custodians signed. */
  checkpoint: digestHex,
};

export const quorumAnchor = within(
  512,
  record("quorum-anchor", {
    /** As the roster names its quorum. */
    quorum: digestHex,
    /** Channel id of the coordinator that keeps the log. */
    log: digestHex,
    ...head,
  }),
);
export type QuorumAnchor = FieldValue<typeof quorumAnchor>;

/** What the state keeps of the newest. */
export const quorumAnchorRecord = record("quorum-anchored", {...head, height: u64});
export type AnchoredLog = FieldValue<typeof quorumAnchorRecord>;

/** Key of an account's anchor of a log. */
export const anchorKey = (account: string, {quorum, log}: Pick<QuorumAnchor, "quorum" | "log">): string =>
  `${account}.${quorum}.${log}`;
