import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {utf8} from "../../../../src/codecs/bytes.js";
import {AUTO_REVOKE_MIN_STAKE} from "../../../../src/codecs/governance/parameters.js";
import {doubleMining} from "../../../../src/codecs/slashing/double-mining.js";
import {forgedAttestation} from "../../../../src/codecs/slashing/forged-attestation.js";
import {freshnessCheat} from "../../../../src/codecs/slashing/freshness-cheat.js";
import {SLASH_CONTRACT, type SlashPayload, slashPayload} from "../../../../src/codecs/slashing/payload.js";
import type {Call} from "../../../../src/node/ledger/chain/contract.js";
import {checkUnenrollable} from "../../../../src/node/ledger/enrollment/apply.js";
import type {EnrollmentRecord} from "../../../../src/node/ledger/enrollment/record.js";
import {gpuIdentity, insertRecord, revokeRecord} from "../../../../src/node/ledger/enrollment/registry.js";
import {chainParamsOf} from "../../../../src/node/ledger/params/networks.js";
import {COMPAT_RULES, type Rules, STRICT_RULES} from "../../../../src/node/ledger/params/rules.js";
import {slashContract} from "../../../../src/node/ledger/slashing/contract.js";
import {State} from "../../../../src/node/ledger/state/state.js";
import {enrollments, params as parameters} from "../../../../src/node/ledger/state/stores.js";
import {contentOf, mlDsa87, testAccount} from "../../../support/accounts.js";
import {testGenesis} from "../../../support/chain.js";
import {recordOf, testRig} from "../../../support/mining.js";
import {BOND_DUST, signedProof} from "../../../support/proofs.js";

const owner = testAccount("owner");
const watcher = testAccount("watcher");
const node = testAccount("rig key");
const RIG = {nodeId: "rig-1", node, owner};
const [a, b] = [signedProof(RIG, {height: 1n, fill: 1}), signedProof(RIG, {height: 1n, fill: 2})];

const record: EnrollmentRecord = {...recordOf(testRig("rig-1")), owner: owner.address, nodeKey: node.publicKey};
const unfunded: EnrollmentRecord = {...record, bondMode: "mining_rewards", stakeDust: 0n, earnedStakeDust: 0n};

const slashOf = (evidence: Uint8Array, change: Partial<SlashPayload> = {}): Uint8Array =>
  slashPayload.encode({
    nodeId: "rig-1",
    evidenceKind: "double-mining",
    evidence,
    slashAmountDust: BOND_DUST,
    memo: "",
    ...change,
  });
const doubled = (memo = "") => doubleMining.encode({proofA: a, proofB: b, memo});

/** A ledger with one record, whose rules differ from the strict ones in `change`. */
function ledger(change: Partial<Rules>, enrolled: EnrollmentRecord = record) {
  const rules: Rules = {...STRICT_RULES, ...change};
  const params = {...chainParamsOf(testGenesis([])), rules};
  const state = new State().fork();
  state.put(parameters, AUTO_REVOKE_MIN_STAKE, {value: BOND_DUST});
  insertRecord(state, enrolled, params);
  const slash = (payload: Uint8Array) => {
    const block = {
      params,
      height: 5n,
      timeMs: 0n,
      verifySignature: mlDsa87.verify,
      verifyVote: () => false,
      ancestor: () => null,
    };
    const content = contentOf(watcher, {contract: SLASH_CONTRACT, payload});
    const call: Call = {state, block, txId: "ab".repeat(32), content};
    return slashContract.apply(call).slash;
  };
  return {state, params, slash, record: () => state.get(enrollments, "rig-1")};
}

describe("each rule does what its setting says", () => {
  test("emptyBond: an offence without stake ends the record, or takes nothing and leaves it", () => {
    const strict = ledger({emptyBond: "revoke"}, unfunded);
    expect(strict.slash(slashOf(doubled()))).toMatchObject({slashedDust: 0n, autoRevoked: true});
    expect(strict.record()?.revokedAtHeight).toBe(5n);
    const compat = ledger({emptyBond: "consume"}, unfunded);
    expect(compat.slash(slashOf(doubled()))).toMatchObject({slashedDust: 0n, autoRevoked: false});
    expect(compat.record()?.revokedAtHeight).toBeNull();
  });

  test("emptyBond: a drained record that has ended is refused, or spends the evidence", () => {
    for (const [emptyBond, code] of [["revoke", "SLASH_NOTHING_LEFT"] as const, ["consume", null] as const]) {
      const {state, params, slash} = ledger({emptyBond}, unfunded);
      revokeRecord(state, state.get(enrollments, "rig-1")!, {height: 2n, params});
      if (code) expect(() => slash(slashOf(doubled()))).toThrow(expect.objectContaining({code}));
      else expect(slash(slashOf(doubled()))).toMatchObject({slashedDust: 0n});
    }
  });

  test("evidenceForm: a space more in the payload is refused, or read over", () => {
    const spaced = utf8(new TextDecoder().decode(slashOf(doubled())).replace(",", ", "));
    const code = "SLASH_DECODE_FAILED";
    expect(() => ledger({evidenceForm: "canonical"}).slash(spaced)).toThrow(expect.objectContaining({code}));
    expect(ledger({evidenceForm: "lenient"}).slash(spaced)).toMatchObject({slashedDust: BOND_DUST});
  });

  test("evidenceReplay: another memo is the same offence, or another one (Q45)", () => {
    const change = {slashAmount: "asked"} as const;
    const [one, two] = ["", "again"].map((memo) => slashOf(doubled(memo), {slashAmountDust: 5n}));
    const strict = ledger({...change, evidenceReplay: "offence"});
    strict.slash(one!);
    expect(() => strict.slash(two!)).toThrow(expect.objectContaining({code: "SLASH_EVIDENCE_REPLAYED"}));
    const compat = ledger({...change, evidenceReplay: "blob"});
    expect([compat.slash(one!), compat.slash(two!)].map((each) => each?.slashedDust)).toEqual([5n, 5n]);
    expect(() => compat.slash(two!)).toThrow(expect.objectContaining({code: "SLASH_EVIDENCE_REPLAYED"}));
  });

  test("equivocation: one solution attested twice is no offence, or one (Q42)", () => {
    const again = signedProof(RIG, {height: 1n, fill: 1, change: {attestation: {...a.attestation, issuedAt: 9n}}});
    const payload = slashOf(doubleMining.encode({proofA: a, proofB: again, memo: ""}));
    expect(() => ledger({equivocation: "solution"}).slash(payload)).toThrow("both proofs are the same solution");
    expect(ledger({equivocation: "bytes"}).slash(payload)).toMatchObject({slashedDust: BOND_DUST});
  });

  test("proofAuthority: a node key convicts, or the verifier that reads MACs is asked", () => {
    // The evidence inside is three zero bytes, which the node itself signed.
    const payload = slashOf(forgedAttestation.encode({proof: a, faultClass: "", memo: ""}), {
      evidenceKind: "forged-attestation",
    });
    expect(ledger({proofAuthority: "node-key"}).slash(payload)).toMatchObject({evidenceKind: "forged-attestation"});
    const byMac = () => ledger({proofAuthority: "hmac"}).slash(payload);
    expect(byMac).toThrow(/^forgedattest: .*: slashing: evidence does not prove offence$/);
  });

  test("unenrollReasons: an unknown node is told apart from a foreign one, or not (D23)", () => {
    const reasonOf = (change: Partial<Rules>) => {
      const {state, params} = ledger(change);
      return () => checkUnenrollable({state, block: {params, height: 5n}}, owner.address, "rig-9");
    };
    const [exact, merged] = ["UNENROLLMENT_NOT_ENROLLED", "UNENROLLMENT_NOT_OWNER"];
    expect(reasonOf({unenrollReasons: "exact"})).toThrow(expect.objectContaining({code: exact}));
    expect(reasonOf({unenrollReasons: "merged"})).toThrow(expect.objectContaining({code: merged}));
  });

  test("gpuIdentity: one card in two spellings is one, or two (Q33)", () => {
    const of = (setting: Rules["gpuIdentity"]) =>
      gpuIdentity("GPU-AbC", {rules: {...STRICT_RULES, gpuIdentity: setting}});
    expect([of("folded"), of("exact")]).toEqual(["gpu-abc", "GPU-AbC"]);
  });
});

test("strict and compatible rules differ in every field", () => {
  for (const name of Object.keys(STRICT_RULES) as (keyof Rules)[])
    expect(STRICT_RULES[name], name).not.toBe(COMPAT_RULES[name]);
});

test("evidence of any bytes takes nothing and is refused in words of its own", () => {
  const good = {
    "double-mining": doubled(),
    "forged-attestation": forgedAttestation.encode({proof: a, faultClass: "", memo: ""}),
    "freshness-cheat": freshnessCheat.encode({proof: a, anchorHeight: a.height, anchorBlockTime: 1n, memo: ""}),
  };
  const kind = fc.constantFrom(...(Object.keys(good) as (keyof typeof good)[]));
  fc.assert(
    fc.property(kind, kind, fc.nat(), fc.integer({min: 1, max: 255}), (evidenceKind, of, seed, flip) => {
      const bytes = good[of];
      const at = seed % bytes.length;
      const {slash, record: left} = ledger({});
      const payload = slashOf(bytes.with(at, bytes[at]! ^ flip), {evidenceKind});
      expect(() => slash(payload)).toThrow(expect.objectContaining({code: expect.stringMatching(/^SLASH_/)}));
      expect(left()).toEqual(record);
    }),
    {numRuns: 300},
  );
});
