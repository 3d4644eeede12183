/** `recent_rejects.json`: the log of rejections, its limiter, and its file. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {hexOf} from "../../../src/codecs/bytes.js";
import {RejectionLimiter} from "../../../src/node/ledger/mining/rejection-limiter.js";
import {RejectionLog} from "../../../src/node/ledger/mining/rejection-log.js";
import {RejectionFile} from "../../../src/node/mining/rejections/file.js";
import {type Adapters, byOperation, type Input, type Output, UnknownCase} from "../case.js";

const NS_PER_MS = 1_000_000n;
const orNull = (text: string): string | null => (text === "" ? null : text);

const claimOf = (input: Input) => ({
  kind: input.text("kind"),
  reason: input.textOr("reason"),
  arch: input.textOr("arch"),
  height: input.big("height"),
  minerAddr: input.textOr("miner_addr"),
  gpuName: input.textOr("gpu_name"),
  certSubject: input.textOr("cert_subject"),
  detail: input.textOr("detail"),
});

function take(log: RejectionLog, step: Input): Output {
  switch (step.text("call")) {
    case "record": {
      const seq = log.record(claimOf(step), step.big("now") * 1_000n)?.seq ?? 0n;
      return {len: log.size, seq: String(seq)};
    }
    case "advance":
      return {};
    case "list": {
      const {entries, nextCursor, hasMore} = log.list({
        cursor: step.big("cursor"),
        limit: step.number("limit"),
        kind: orNull(step.text("kind")),
        reason: orNull(step.text("reason")),
        arch: orNull(step.text("arch")),
        sinceMs: step.big("since") * 1_000n,
      });
      return {
        has_more: hasMore,
        next_cursor: String(nextCursor),
        seqs: entries.map(({seq}) => String(seq)),
        total_matches: String(entries.length + (hasMore ? 1 : 0)),
      };
    }
    default:
      throw new UnknownCase(`no call "${step.text("call")}"`);
  }
}

function script(input: Input): Output {
  const limiter = input.has("rate_per_sec")
    ? new RejectionLimiter({
        perSecond: input.number("rate_per_sec"),
        burst: input.number("burst"),
        idleSeconds: input.number("idle_ttl_seconds"),
      })
    : null;
  const log = new RejectionLog(input.number("max") || undefined, limiter);
  const results = input.objects("steps").map((step) => take(log, step));
  const all = {cursor: 0n, limit: 500, kind: null, reason: null, arch: null, sinceMs: 0n};
  const final = log.list(all).entries.map(({detail, gpuName, minerAddr, recordedAtMs, seq}) => ({
    detail,
    gpu_name: gpuName,
    miner_addr: minerAddr,
    recorded_at: String(recordedAtMs / 1_000n),
    seq: String(seq),
  }));
  return {results, final, rate_limited_total: String(log.limitedTotal)};
}

function jsonl(input: Input): Output {
  const folder = mkdtempSync(join(tmpdir(), "qsdm-rejections-"));
  try {
    const path = join(folder, "rejections.jsonl");
    writeFileSync(path, input.bytes("existing_file_hex"));
    const file = new RejectionFile({path, softCap: input.number("soft_cap"), hardCapBytes: 0});
    for (const entry of input.objects("appended"))
      file.append({
        ...claimOf(entry),
        seq: entry.big("seq"),
        recordedAtMs: entry.big("recorded_at_unix_nano") / NS_PER_MS,
      });
    return {file_hex: hexOf(readFileSync(path)), loaded_seqs: file.load().lines.map(({seq}) => String(seq))};
  } finally {
    rmSync(folder, {recursive: true});
  }
}

export const recentRejectsAdapters: Adapters = {
  "mining.attest.recentrejects: ring, list, rate limit and JSONL records": byOperation({script, jsonl}),
};
