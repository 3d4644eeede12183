/** `verifier.json`: the proof verifier under compatible rules, with everything around it. */

import {hexOf} from "../../../src/codecs/bytes.js";
import {CC_ATTESTATION} from "../../../src/codecs/mining/cc-bundle.js";
import {HMAC_ATTESTATION} from "../../../src/codecs/mining/hmac-bundle.js";
import {workSetRoot} from "../../../src/codecs/mining/merkle.js";
import {RuleError} from "../../../src/errors.js";
import {refuseCc} from "../../../src/node/ledger/attestation/cc-stub.js";
import {AttestationDispatcher} from "../../../src/node/ledger/attestation/dispatcher.js";
import {checkHmacAttestation} from "../../../src/node/ledger/attestation/hmac.js";
import type {VerifyContext} from "../../../src/node/ledger/mining/context.js";
import {buildDag, type DagTable} from "../../../src/node/ledger/mining/dag.js";
import {isForked} from "../../../src/node/ledger/mining/epoch.js";
import {Quarantine} from "../../../src/node/ledger/mining/quarantine.js";
import {ProofRejection} from "../../../src/node/ledger/mining/rejection.js";
import {SeenProofs} from "../../../src/node/ledger/mining/seen-proofs.js";
import {type SuspectClaim, suspectClaimOf} from "../../../src/node/ledger/mining/transparency.js";
import {verifyProof} from "../../../src/node/ledger/mining/verify.js";
import {mixDigest} from "../../../src/node/ledger/mining/walk.js";
import {chainParamsOf, NETWORK_PARAMS} from "../../../src/node/ledger/params/networks.js";
import {type Adapters, byOperation, Input, type Output} from "../case.js";
import {hmacPortsOf} from "./attestation.js";
import {cellOf} from "./shapes.js";

type Shared = Omit<VerifyContext, "tipHeight"> & {readonly seen: SeenProofs; readonly quarantine: Quarantine};

function contextOf(input: Input): Shared {
  const seen = new SeenProofs(input.big("dedup_retain_window"));
  const quarantine = new Quarantine();
  return {
    seen,
    quarantine,
    params: paramsOf(input),
    nowMs: input.big("now") * 1_000n,
    staleAgainst: "now",
    chain: {
      header: (height) => {
        const headers = input.object("headers");
        return headers.has(`${height}`) ? {hash: headers.bytes(`${height}`), timeMs: 0n} : null;
      },
      enrollment: () => null,
      isSeen: (id) => seen.has(id),
      hasProof: () => false,
      isQuarantined: (address, height) => quarantine.has(address, height),
    },
    work: workOf(input),
    verifySignature: () => false,
    challenges: null,
    deniedGpus: [],
    deviceTrust: null,
    compat: {checkAddress: addressCheckOf(input), checkAttestation: attestationCheckOf(input)},
  };
}

function paramsOf(input: Input): VerifyContext["params"] {
  const grace = input.big("grace_window");
  const params = {
    ...NETWORK_PARAMS.compat,
    blocksPerEpoch: input.big("blocks_per_epoch"),
    graceBlocks: grace === 0n ? NETWORK_PARAMS.compat.graceBlocks : grace,
    forkV2Height: input.big("fork_v2_height"),
  };
  return chainParamsOf({
    chainId: "vectors",
    network: "vectors",
    timeMs: 0n,
    params,
    allocations: [],
    validators: [],
    authorities: [],
    vestings: [],
  });
}

function workOf(input: Input): VerifyContext["work"] {
  const workSet = input
    .list("workset_canonical")
    .map((batch) => (Array.isArray(batch) ? batch.map((cell) => cellOf(Input.of(cell))) : []));
  const root = workSetRoot(workSet);
  const tables = new Map<bigint, DagTable>();
  return {
    workSet: () => workSet,
    lookup: null,
    difficulty: () => input.big("difficulty"),
    mixVersion: (height) => (isForked(height, input.big("fork_v2_tc_height")) ? 2 : 1),
    walk(epoch) {
      const table = tables.get(epoch) ?? buildDag({epoch, workSetRoot: root, entries: input.number("dag_size")});
      tables.set(epoch, table);
      return (start, version) => mixDigest(table, start, version);
    },
  };
}

function addressCheckOf(input: Input) {
  const prefix = input.text("bad_address_prefix");
  return (address: string): void => {
    if (address.startsWith(prefix)) throw new RuleError("ADDRESS_REFUSED", `address must not start with ${prefix}`);
  };
}

function attestationCheckOf(input: Input) {
  const ports = hmacPortsOf(input, true);
  const dispatcher = new AttestationDispatcher();
  dispatcher.register(HMAC_ATTESTATION, (proof, nowMs) => checkHmacAttestation(ports, proof, nowMs));
  dispatcher.register(CC_ATTESTATION, refuseCc);
  return dispatcher.check.bind(dispatcher);
}

function submit(shared: Shared, raw: Uint8Array, tipHeight: bigint): Output {
  try {
    const {proof, proofId} = verifyProof(raw, {...shared, tipHeight});
    shared.seen.record(proofId, proof.height);
    return {accepted: true, proof_id: hexOf(proofId)};
  } catch (error) {
    if (!(error instanceof ProofRejection)) throw error;
    if (error.reason === "batch-fraud" && error.proof) shared.quarantine.add(error.proof.minerAddr, tipHeight);
    const claim = suspectClaimOf(error);
    return {
      accepted: false,
      reason: error.reason,
      detail: error.detail,
      returned_id: hexOf(error.proofId ?? new Uint8Array(32)),
      recorded_rejection: claim ? claimShape(claim) : undefined,
    };
  }
}

const claimShape = (claim: SuspectClaim): Output => ({
  kind: claim.kind,
  reason: claim.reason,
  arch: claim.arch,
  height: `${claim.height}`,
  miner_addr: claim.minerAddr,
  gpu_name: claim.gpuName,
  cert_subject: claim.certSubject,
  detail: claim.detail,
});

export const verifierAdapters: Adapters = {
  "mining.verifier: full acceptance pipeline as scripted submissions": byOperation({
    verifier_script(input) {
      const shared = contextOf(input);
      const steps = input.objects("steps");
      return {results: steps.map((step) => submit(shared, step.bytes("raw_hex"), step.big("accept_height")))};
    },
  }),
};
