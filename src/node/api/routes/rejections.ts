/** Proofs that were refused because what they say of their GPU does not hang together. */
import {rejectionPage} from "../../../codecs/api/rejections.js";
import {ARCHITECTURES} from "../../ledger/attestation/architecture.js";
import {REJECTIONS_PAGE} from "../../ledger/mining/rejection-log.js";
import {heightKind, limitKind, mayQuery, secondsKind, wordKind} from "../param.js";
import {json, route} from "../route.js";

const KINDS = [
  "archspoof_unknown_arch",
  "archspoof_gpu_name_mismatch",
  "archspoof_cc_subject_mismatch",
  "hashrate_out_of_band",
] as const;
const REASONS = ["unknown_arch", "gpu_name_mismatch", "cc_subject_mismatch"] as const;
/** What the reference takes; it leaves out three that do occur (Q53). */
const REFERENCE_ARCHS = ["ada", "blackwell_ultra", "rubin", "rubin_ultra", "unknown"] as const;
const {usual, max} = REJECTIONS_PAGE;

export const rejectionsRoute = route({
  method: "GET",
  path: "/api/v1/attest/recent-rejections",
  summary: "proofs whose claims about their GPU do not hang together, oldest first",
  auth: "public",
  errors: "text",
  cost: 1,
  params: {
    cursor: mayQuery(heightKind, "sequence number to start after"),
    limit: mayQuery(limitKind, `records in a page, ${usual} when left out or 0, at most ${max}`),
    kind: mayQuery(wordKind(...KINDS), "records of this kind only"),
    reason: mayQuery(wordKind(...REASONS), "records with this reason only"),
    arch: mayQuery(wordKind(...ARCHITECTURES, ...REFERENCE_ARCHS), "records that claim this architecture only"),
    since: mayQuery(secondsKind, "recorded at this time or later, seconds since 1970"),
  },
  body: null,
  reply: json(rejectionPage),
  handle({cursor, limit, kind, reason, arch, since}, {node}) {
    const sinceMs = (since ?? 0n) * 1_000n;
    const page = node.recentRejections({cursor: cursor ?? 0n, limit: limit ?? 0, kind, reason, arch, sinceMs});
    const {entries, nextCursor, hasMore} = page;
    return {
      records: entries,
      nextCursor,
      hasMore,
      totalMatches: entries.length + (hasMore ? 1 : 0),
      filters: {kind: kind ?? "", reason: reason ?? "", arch: arch ?? "", since: since ?? 0n},
    };
  },
});
