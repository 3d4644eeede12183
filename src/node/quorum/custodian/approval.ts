/**
 * Approvals as the reference makes them: HMAC-SHA256 over the program id. Whoever can verify such a tag can forge it,
 * so they prove nothing between parties that do not trust each other.
 */
import {hexOf, utf8} from "../../../codecs/bytes.js";
import {equalSecret, hmacSha256} from "../../../codecs/hash.js";

/** The reference's keys of custodians 0, 1 and 2. Public, so they serve tests and interoperability alone. */
export const PUBLIC_APPROVAL_KEYS = [
  "custodian-key-alpha",
  "custodian-key-beta",
  "custodian-key-gamma",
] as const satisfies readonly string[];

/** Tag of one custodian under one program, 64 hex digits. */
export const approvalTag = (key: string, programId: string): string => hexOf(hmacSha256(utf8(key), utf8(programId)));

/** Whether `tag` is the custodian's, in time that depends on the lengths alone. Any text is taken. */
export const verifyApprovalTag = (key: string, programId: string, tag: string): boolean =>
  equalSecret(utf8(approvalTag(key, programId)), utf8(tag));
