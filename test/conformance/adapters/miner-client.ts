/** `v2client.json`, `preflight.json` and `idle.json`: what miners ask before and while they mine. */
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import type {Challenge} from "../../../src/codecs/mining/challenge.js";
import {encodeProof, NO_ATTESTATION, type Proof} from "../../../src/codecs/mining/proof.js";
import {attestWithMac} from "../../../src/node/mining/attest.js";
import {ChallengeSource, fetchChallenge, freshUntil, type HttpGet} from "../../../src/node/mining/challenge-source.js";
import {parseUtilisation} from "../../../src/node/mining/idle.js";
import {dustAsCell, preflight, statusUrl} from "../../../src/node/mining/preflight.js";
import {type Adapters, byOperation, type Input, type Output} from "../case.js";
import {proofShape} from "./shapes.js";

const signal = new AbortController().signal;

const challengeOf = (input: Input): Challenge => ({
  nonce: input.bytes("nonce"),
  issuedAt: input.big("issued_at"),
  signerId: input.text("signer_id"),
  signature: input.bytes("signature"),
});
const challengeShape = ({nonce, issuedAt, signerId, signature}: Challenge): Output => ({
  nonce: hexOf(nonce),
  issued_at: String(issuedAt),
  signer_id: signerId,
  signature: hexOf(signature),
});

/** What the recording attested: a solution of epoch 1 at height 2 with everything else zero. */
const solutionOf = (input: Input): Proof => ({
  version: 1,
  epoch: 1n,
  height: 2n,
  headerHash: new Uint8Array(32),
  minerAddr: input.text("miner_addr"),
  batchRoot: input.bytes("batch_root"),
  batchCount: 1,
  nonce: new Uint8Array(16),
  mixDigest: input.bytes("mix_digest"),
  attestation: NO_ATTESTATION,
});

function build(input: Input): Output {
  const challenge = challengeOf(input.object("challenge"));
  const rig = {
    nodeId: input.text("node_id"),
    gpuUuid: input.text("gpu_uuid"),
    gpuName: input.text("gpu_name"),
    gpuArch: input.text("gpu_arch"),
    computeCap: input.text("compute_cap"),
    cudaVersion: input.text("cuda_version"),
    driverVer: input.text("driver_ver"),
    hmacKey: input.bytes("hmac_key"),
  };
  const proof = attestWithMac(solutionOf(input), rig, challenge);
  const {attestation} = proofShape(proof) as {attestation: Output};
  return {
    attestation,
    attached_canonical_hex: hexOf(encodeProof(proof)),
    freshness_deadline: String(freshUntil(challenge)),
  };
}

async function fetchOne(input: Input): Promise<Output> {
  let asked: Output = null;
  const get: HttpGet = async (url, {accept}) => {
    asked = {accept, request: `GET ${url}`};
    return {status: input.number("status"), body: utf8(input.text("body"))};
  };
  const challenge = await fetchChallenge(get, input.text("base_url"), {signal});
  return {...(asked ?? {}), challenge: challengeShape(challenge)};
}

async function fetchInTurn(input: Input): Promise<Output> {
  const failing = input.object("failing_hosts_503_body_down");
  const get: HttpGet = async (url) =>
    failing.flag(new URL(url).origin)
      ? {status: 503, body: utf8("down")}
      : {status: 200, body: utf8(input.text("good_body"))};
  const source = new ChallengeSource(get, input.texts("urls"));
  const results: Output[] = [];
  for (let call = 0; call < input.number("calls"); call++) {
    const attempted: string[] = [];
    try {
      await source.fetch({signal}, (url) => attempted.push(url));
      results.push({ok: true, attempted});
    } catch (error) {
      results.push({ok: false, attempted, error: (error as Error).message});
    }
  }
  return {results, urls: source.urls};
}

async function check(input: Input): Promise<Output> {
  const get: HttpGet = async () => ({status: input.number("status"), body: utf8(input.text("body"))});
  const options = {claimsV2: input.flag("claiming_v2"), override: input.flag("override"), signal};
  const {decision, text, status, error} = await preflight(get, input.text("validator_url"), options);
  return {
    decision,
    text,
    validator_reachable: status !== null,
    has_mining_block: (status?.mining ?? null) !== null,
    chain_tip: String(status?.chainTip ?? 0n),
    network: status?.network ?? "",
    fork_v2_active: status?.mining?.forkV2Active ?? false,
    attestation_types_required: status?.mining?.attestationTypes ?? [],
    min_enroll_stake_dust: String(status?.mining?.minStakeDust ?? 0n),
    ...(error === null ? {} : {probe_error: error}),
  };
}

export const minerClientAdapters: Adapters = {
  "mining.v2client: attestation building, challenge fetch and rotation": byOperation({
    build_hmac_attestation: build,
    fetch_challenge: fetchOne,
    multi_fetch: fetchInTurn,
    new_multi_fetcher: (input) => ({
      urls: new ChallengeSource(async () => ({status: 0, body: utf8("")}), input.texts("urls")).urls,
    }),
  }),
  "mining.preflight: status probe decisions and texts": byOperation({
    check,
    status_url: (input) => ({url: statusUrl(input.text("base"))}),
    dust_as_cell: (input) => ({text: dustAsCell(input.big("dust"))}),
  }),
  "mining.idle: utilisation parsing and idle verdicts": byOperation({
    parse(input) {
      const {gpuPct, memPct} = parseUtilisation(input.text("stdout"));
      return {gpu_pct: gpuPct, mem_pct: memPct, source: "nvidia-smi"};
    },
  }),
};
