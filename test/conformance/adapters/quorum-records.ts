/** Policy decisions and the audit log. */
import type {ValueObject} from "../../../src/codecs/quorum/json.js";
import type {PolicyManifest} from "../../../src/codecs/quorum/policy.js";
import {
  type AuditEntry,
  auditPayload,
  chainEntry,
  GENESIS_HASH,
  verifyChain,
} from "../../../src/node/quorum/audit/chain.js";
import {PolicyEngine} from "../../../src/node/quorum/policy/engine.js";
import {type Adapter, type Adapters, byOperation, type Input, type Output} from "../case.js";
import {wireValue} from "./quorum-shapes.js";

const policyOf = (input: Input): PolicyManifest => ({
  ...(input.has("cost_per_eval") ? {costPerEval: input.big("cost_per_eval")} : {}),
  ...(input.has("budget_per_identity") ? {budgetPerIdentity: input.big("budget_per_identity")} : {}),
  ...(input.has("max_evals_per_minute") ? {maxEvalsPerMinute: input.big("max_evals_per_minute")} : {}),
});

const policyCase: Adapter = (input) => {
  const engine = new PolicyEngine({maxTracked: 1_000});
  const policies = input.object("policies");
  for (const program of Object.keys(policies.json)) engine.register(program, policyOf(policies.object(program)));
  return input.objects("calls").map((call) => {
    if (!call.has("register")) return engine.check(call.text("program"), call.text("identity"), call.number("t"));
    const again = call.object("register");
    engine.register(again.text("program"), policyOf(again.object("policy")));
    return null;
  });
};

const eventOf = (input: Input) => ({
  timestamp: Number(input.text("timestamp")),
  event: input.text("event"),
  data: wireValue(input.json.data ?? {}) as ValueObject,
});

export const quorumRecordAdapters: Adapters = {
  "budget and token-bucket decisions under a given monotonic clock (seconds)": policyCase,
  "hash-chained audit log: payload text, entry hash, chain verification": byOperation({
    append(input) {
      let head = GENESIS_HASH;
      const entries: AuditEntry[] = [];
      for (const event of input.objects("events").map(eventOf)) {
        const entry = chainEntry(event, head);
        entries.push(entry);
        head = entry.entryHash;
      }
      const shapes = entries.map(
        (entry): Output => ({
          payload: auditPayload(entry, entry.prevHash),
          prev_hash: entry.prevHash,
          entry_hash: entry.entryHash,
        }),
      );
      return {entries: shapes, chain_valid: verifyChain(entries)};
    },
    verify: (input) => ({
      chain_valid: verifyChain(
        input.objects("entries").map((entry) => ({
          ...eventOf(entry),
          prevHash: entry.text("prev_hash"),
          entryHash: entry.text("entry_hash"),
        })),
      ),
    }),
  }),
};
