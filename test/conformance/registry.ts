/** Which adapter answers which area. */
import {accusationAdapters} from "./adapters/accusations.js";
import {attestationAdapters} from "./adapters/attestation.js";
import {ccBundleAdapters} from "./adapters/cc-bundle.js";
import {challenge} from "./adapters/challenge.js";
import {dag} from "./adapters/dag.js";
import {dagMempoolAdapters} from "./adapters/dag-mempool.js";
import {emissionAdapters} from "./adapters/emission.js";
import {enrollmentAdapters} from "./adapters/enrollment.js";
import {enrollmentApplyAdapters} from "./adapters/enrollment-apply.js";
import {envelopeAdapters} from "./adapters/envelopes.js";
import {epochFork} from "./adapters/epoch.js";
import {evidenceAdapters} from "./adapters/evidence.js";
import {feeAdapters} from "./adapters/fees.js";
import {fp16} from "./adapters/fp16.js";
import {goAdapters} from "./adapters/go.js";
import {governanceAdapters} from "./adapters/governance.js";
import {governanceEnvelopeAdapters} from "./adapters/governance-envelope.js";
import {governanceScriptAdapters} from "./adapters/governance-script.js";
import {hotstuffAdapters} from "./adapters/hotstuff.js";
import {kemtlsAdapters} from "./adapters/kemtls.js";
import {keystoreAdapters} from "./adapters/keystore.js";
import {mempoolAdapters} from "./adapters/mempool.js";
import {minerClientAdapters} from "./adapters/miner-client.js";
import {minerConsoleAdapters} from "./adapters/miner-console.js";
import {monetaryAdapters} from "./adapters/monetary.js";
import {oldStateAdapters} from "./adapters/old-state.js";
import {p2pPeersAdapters} from "./adapters/p2p-peers.js";
import {pacemakerAdapters} from "./adapters/pacemaker.js";
import {powTarget} from "./adapters/pow-target.js";
import {powV2} from "./adapters/pow-v2.js";
import {proofAdapters} from "./adapters/proof.js";
import {qbindWireAdapters} from "./adapters/qbind-wire.js";
import {qsdmChainAdapters} from "./adapters/qsdm-chain.js";
import {qsdmcliAdapters} from "./adapters/qsdmcli.js";
import {quorumDefectAdapters} from "./adapters/quorum-defects.js";
import {quorumHttpAdapters} from "./adapters/quorum-http.js";
import {quorumLeaderAdapters} from "./adapters/quorum-leader.js";
import {quorumProgramAdapters} from "./adapters/quorum-programs.js";
import {quorumRecordAdapters} from "./adapters/quorum-records.js";
import {quorumSharingAdapters} from "./adapters/quorum-sharing.js";
import {recentRejectsAdapters} from "./adapters/recent-rejects.js";
import {registryScriptAdapters} from "./adapters/registry-script.js";
import {slashVerifyAdapters} from "./adapters/slash-verify.js";
import {slashingAdapters} from "./adapters/slashing.js";
import {standardAdapters} from "./adapters/standards.js";
import {streamAdapters} from "./adapters/streams.js";
import {telemetryAdapters} from "./adapters/telemetry.js";
import {verifierAdapters} from "./adapters/verifier.js";
import {vmExecutionAdapters} from "./adapters/vm-execution.js";
import {wireAdapters} from "./adapters/wire.js";
import {type Adapters, bare} from "./case.js";

export const adapters: Adapters = {
  ...goAdapters,
  ...emissionAdapters,
  ...proofAdapters,
  ...enrollmentAdapters,
  ...enrollmentApplyAdapters,
  ...slashingAdapters,
  ...recentRejectsAdapters,
  ...registryScriptAdapters,
  ...slashVerifyAdapters,
  ...evidenceAdapters,
  ...wireAdapters,
  ...envelopeAdapters,
  ...governanceAdapters,
  ...governanceScriptAdapters,
  ...governanceEnvelopeAdapters,
  ...ccBundleAdapters,
  ...keystoreAdapters,
  ...qsdmChainAdapters,
  ...minerConsoleAdapters,
  ...attestationAdapters,
  ...minerClientAdapters,
  ...telemetryAdapters,
  ...p2pPeersAdapters,
  ...oldStateAdapters,
  ...standardAdapters,
  ...streamAdapters,
  ...verifierAdapters,
  ...quorumSharingAdapters,
  ...quorumLeaderAdapters,
  ...feeAdapters,
  ...monetaryAdapters,
  ...vmExecutionAdapters,
  ...quorumProgramAdapters,
  ...quorumRecordAdapters,
  ...quorumHttpAdapters,
  ...quorumDefectAdapters,
  ...qbindWireAdapters,
  ...kemtlsAdapters,
  ...hotstuffAdapters,
  ...pacemakerAdapters,
  ...accusationAdapters,
  ...dagMempoolAdapters,
  ...mempoolAdapters,
  ...qsdmcliAdapters,
  "mining.challenge: signing bytes, HMAC signer, verification and issuer": bare(challenge),
  "mining DAG construction, v1 mix digest and solver": bare(dag),
  "mining.epoch and fork-height arithmetic": bare(epochFork),
  "mining difficulty, target, retarget and PoW hash": bare(powTarget),
  "mining.pow.v2 binary16 conversions and multiply-accumulate": bare(fp16),
  "mining.pow.v2 matrix expansion, tensor multiply and mix digest": bare(powV2),
};
