/** What a node is asked for an anchor, and what its answers mean. */
import {expect, test} from "vitest";
import {anchoredAt} from "../../../src/commands/quorum/strict/anchored.js";
import {RuleError, UnavailableError} from "../../../src/errors.js";

const refusing = (error: Error) => ({stateProof: () => Promise.reject(error)});

test("a chain without a block has no anchor, and any other refusal is told", async () => {
  const young = new RuleError("FINALITY_OF_GENESIS", "block 0 needs no proof");
  expect(await anchoredAt(refusing(young), "key")).toBeNull();
  const away = new UnavailableError("NODE_UNREACHABLE", "nobody answers");
  await expect(anchoredAt(refusing(away), "key")).rejects.toBe(away);
});
