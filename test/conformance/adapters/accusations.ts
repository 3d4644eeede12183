/**
 * Evidence of QBIND and of QSDM against validators: what it is named by, and what our ledger makes of it. Theirs is
 * punished on the accuser's word; here nothing is taken for statements that do not verify.
 */
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {type StakeRecord, validatorIdOf} from "../../../src/codecs/chain/validator-payloads.js";
import {type EquivocationProof, equivocation, inOrder} from "../../../src/codecs/consensus/equivocation.js";
import {sha3} from "../../../src/codecs/hash.js";
import {
  type QbindEvidence,
  type QbindOffence,
  qbindEvidence,
  qbindEvidenceId,
} from "../../../src/codecs/qbind/slashing.js";
import {qsdmEvidence} from "../../../src/codecs/qsdm-chain/evidence.js";
import {qsdmTextDigest} from "../../../src/codecs/qsdm-chain/tagged.js";
import {qsdmCertificate, qsdmLockProof, qsdmVote} from "../../../src/codecs/qsdm-chain/votes.js";
import {ML_DSA_44} from "../../../src/codecs/suite.js";
import {QsdmError} from "../../../src/errors.js";
import {readTransaction} from "../../../src/node/ledger/chain/transaction.js";
import {chainParamsOf, NETWORK_PARAMS} from "../../../src/node/ledger/params/networks.js";
import {State} from "../../../src/node/ledger/state/state.js";
import {stakes} from "../../../src/node/ledger/state/stores.js";
import {equivocationContract} from "../../../src/node/ledger/validators/equivocation.js";
import {stakePhaseOf} from "../../../src/node/ledger/validators/stake.js";
import {mlDsa44} from "../../support/accounts.js";
import {type Adapters, byKind, Input, LeftOut, type Output, UnknownCase} from "../case.js";
import {byType, written} from "./qbind-wire.js";

const CHAIN_ID = "vectors";
const OWNER = "ab".repeat(32);

/** Validators with stake, before whom somebody is accused. */
class Court {
  readonly #state = new State().fork();
  readonly #ids = new Map<string, string>();

  constructor(validators: readonly {readonly name: string; readonly stake: bigint}[]) {
    const fresh = {joinedAtHeight: 0n, jailedUntilHeight: 0n, maturesAtHeight: 0n};
    for (const {name, stake: stakeDust} of validators) {
      const publicKey = keyOf(name);
      this.#ids.set(name, validatorIdOf(publicKey));
      this.#state.put(stakes, validatorIdOf(publicKey), {publicKey, owner: OWNER, stakeDust, ...fresh});
    }
  }

  /** The code of the refusal, or null where the accused was punished. */
  accuse(name: string, claim: Pick<EquivocationProof, "view"> & {kind: string; height: bigint; blockIds: string[]}) {
    const {kind, height, view, blockIds} = claim;
    const signature = new Uint8Array(ML_DSA_44.signatureBytes);
    // Whoever names one block, or none, names no contradiction.
    const [one = "0".repeat(64), two = one] = blockIds;
    const [first, second] = [one, two].map((blockId) => ({height, blockId, signature}));
    const params = chainParamsOf({chainId: CHAIN_ID, params: NETWORK_PARAMS.dev} as Parameters<
      typeof chainParamsOf
    >[0]);
    try {
      const proof = {chainId: CHAIN_ID, kind, epoch: 0n, view, publicKey: keyOf(name), first, second};
      const {txId, content} = readTransaction(equivocation.encode(inOrder(proof as EquivocationProof)));
      const never = (): boolean => false;
      const block = {params, height: 1n, timeMs: 0n, ancestor: () => null};
      const ports = {verifySignature: never, verifyVote: mlDsa44.verify};
      const state = this.#state.fork();
      equivocationContract.apply({state, block: {...block, ...ports}, txId, content});
      state.merge();
      return null;
    } catch (error) {
      if (error instanceof QsdmError) return error.code;
      throw error;
    }
  }

  stakeOf(name: string): StakeRecord {
    return this.#state.get(stakes, this.#ids.get(name)!)!;
  }
}

/** A key of the right length: nothing is ever signed under it. */
function keyOf(name: string): Uint8Array {
  const key = new Uint8Array(ML_DSA_44.publicKeyBytes);
  key.set(sha3(utf8(name)));
  return key;
}

function qbindPayload(input: Input, offence: string): QbindEvidence["said"] {
  const payload = input.object("payload");
  const bytes = (hex: string): Uint8Array => new Input({hex}).bytes("hex");
  const known: {readonly [name: string]: () => object} = {
    O1_double_sign: () => ({
      ...{blockIdA: payload.bytes("blockIdA"), blockIdB: payload.bytes("blockIdB")},
      ...{sigA: payload.bytes("sigA"), sigB: payload.bytes("sigB")},
    }),
    O2_invalid_proposer_sig: () => ({
      batchCommitment: payload.bytes("batchCommitment"),
      badSignature: payload.bytes("badSignature"),
    }),
    O3b_lazy_vote_repeated: () => ({blockId: payload.bytes("blockId"), signature: payload.bytes("signature")}),
    O4_invalid_dag_cert: () => ({
      ...{batchCommitment: payload.bytes("batchCommitment"), dagRound: payload.big("dagRound")},
      signatures: payload.texts("signatures").map(bytes),
    }),
    O5_dag_coupling_violation: () => ({
      ...{batchCommitment: payload.bytes("batchCommitment"), dagRound: payload.big("dagRound")},
      frontierCommitments: payload.texts("frontierCommitments").map(bytes),
    }),
  };
  const read = known[offence];
  if (!read) throw new UnknownCase(`no payload of offence "${offence}"`);
  return {offence: offence as QbindOffence, payload: read()} as QbindEvidence["said"];
}

const qbind = byType({
  evidenceId(input) {
    const evidence: QbindEvidence = {
      ...{validator: input.big("validator"), height: input.big("height"), view: input.big("view")},
      said: qbindPayload(input, input.text("offense")),
    };
    written(qbindEvidence, evidence);
    return {evidenceId: hexOf(qbindEvidenceId(evidence))};
  },
  // Every block id and signature is the reference's filler: none of them was signed.
  penalties(input) {
    const names = input.list("validators").map(String);
    const court = new Court(names.map((name) => ({name, stake: input.big("stakePerValidator")})));
    const decisions = input.objects("events").map((event) => {
      const height = event.big("height");
      const kind = event.text("offense") === "O1_double_sign" ? "vote" : event.text("offense");
      const blockIds = ["01", "02"].map((byte) => byte.repeat(32));
      const refusal = court.accuse(String(event.number("validator")), {kind, height, view: height, blockIds});
      return {decision: refusal === null ? "penalty_applied" : "rejected_invalid"};
    });
    return {decisions, finalStake: names.map((name) => Number(court.stakeOf(name).stakeDust))};
  },
});

function qsdmAccusation(input: Input): Output {
  const height = input.big("height");
  const value = {
    ...{type: input.text("type"), validator: input.text("validator"), height, round: input.number("round")},
    ...{blockHashes: input.texts("block_hashes"), details: input.text("details")},
  };
  written(qsdmEvidence, {...value, blockHashes: [...value.blockHashes].sort()});
  const names = Object.keys(input.object("validator_set").json);
  const court = new Court(names.map((name) => ({name, stake: input.object("validator_set").big(name)})));
  const kind = value.type === "equivocation" ? "vote" : value.type;
  const blockIds = [...new Set(value.blockHashes)].map((hash) => hexOf(sha3(utf8(hash)))).slice(0, 2);
  const accuse = (): string | null =>
    court.accuse(value.validator, {kind, height, view: BigInt(value.round), blockIds});
  const [first, second] = [accuse(), accuse()];
  const validators = names.map((name) => {
    const stake = court.stakeOf(name);
    return [name, {stake: Number(stake.stakeDust), status: stakePhaseOf(stake)}] as const;
  });
  return {
    id: qsdmTextDigest(qsdmEvidence.encode(value)),
    accepted: first === null,
    second_submission_is_duplicate: second === "EQUIVOCATION_PUNISHED",
    validators: Object.fromEntries(validators),
  };
}

function qsdmVoteDigest(input: Input): Output {
  const text = qsdmVote.encode({
    ...{kind: input.text("vote_kind") as "bft_prevote", height: input.big("height"), round: input.number("round")},
    ...{signer: input.text("signer"), value: input.text("vote_value"), bodyHash: input.text("body_hash")},
  });
  qsdmVote.decode(text);
  return {preimage_utf8: Buffer.from(text).toString(), digest: qsdmTextDigest(text)};
}

function qsdmCertificateDigests(input: Input): Output {
  const given = input.object("certificate");
  const proof = input.object("lock_proof");
  const certificate = qsdmCertificate.encode({
    ...{height: given.big("height"), round: given.number("round"), proposer: given.text("proposer")},
    ...{blockHash: given.text("block_hash"), commitDigest: given.text("commit_digest")},
    ...{commitCount: given.number("commit_count"), nilCommitCount: given.number("nil_commit_count")},
    validators: given.texts("validators"),
  });
  const lockProof = qsdmLockProof.encode({
    ...{height: proof.big("height"), round: proof.number("round")},
    ...{lockedBlockHash: proof.text("locked_block_hash"), carriedFromLock: proof.textOr("carried_from_lock")},
    prevotes: (proof.has("prevotes") ? proof.objects("prevotes") : []).map((each) => ({
      ...{validator: each.text("validator"), blockHash: each.text("block_hash"), round: each.number("round")},
    })),
  });
  qsdmCertificate.decode(certificate);
  qsdmLockProof.decode(lockProof);
  return {certificate_digest: qsdmTextDigest(certificate), lock_proof_digest: qsdmTextDigest(lockProof)};
}

const notBuilt = (reason: string) => (): never => {
  throw new LeftOut(reason);
};

export const accusationAdapters: Adapters = {
  slashing: qbind,
  "consensus evidence ids and slashing; finality and reorg-limit gadget": byKind({
    evidence: qsdmAccusation,
    finality: notBuilt("depth makes nothing final here, certificates do"),
  }),
  "BFT vote/certificate digests and single-height round state machine": byKind({
    vote_digest: qsdmVoteDigest,
    certificate_digests: qsdmCertificateDigests,
    round_sequence: notBuilt("there is one engine, and its rounds are not these"),
  }),
};
