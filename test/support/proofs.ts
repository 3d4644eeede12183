/** Strict mining proofs with real signatures, for rules that do not look at the work in them. */
import {base64Of} from "../../src/codecs/bytes.js";
import type {StrictEnrollment} from "../../src/codecs/chain/payloads.js";
import {
  ENROLL_V3_CONTRACT,
  nodeKeyClaim,
  strictEnrollment,
  UNENROLL_V3_CONTRACT,
} from "../../src/codecs/chain/payloads.js";
import {type Enrollment, enrollment, unenrollment} from "../../src/codecs/enrollment.js";
import {HMAC_ATTESTATION} from "../../src/codecs/mining/hmac-bundle.js";
import {decodeKeyBundle, withKeyBundle} from "../../src/codecs/mining/key-bundle.js";
import {keySigningBytes} from "../../src/codecs/mining/key-signing.js";
import type {Proof} from "../../src/codecs/mining/proof.js";
import {doubleMining} from "../../src/codecs/slashing/double-mining.js";
import {SLASH_CONTRACT, slashPayload} from "../../src/codecs/slashing/payload.js";
import {contentOf, mlDsa87, signed, TEST_CHAIN_ID, type TestAccount} from "./accounts.js";

export const BOND_DUST = 1_000_000_000n;

/** An enrollment of `nodeId` under `node`'s key; `change` bends the payload or what surrounds it. */
export function enrollmentPayload(
  owner: TestAccount,
  {nodeId, node, gpuUuid = `GPU-${nodeId}`}: {nodeId: string; node: TestAccount; gpuUuid?: string},
  change: Partial<Pick<Enrollment, "stakeDust" | "bondMode" | "workNonce">> & {
    claimOwner?: string;
  } & Partial<StrictEnrollment> = {},
): Uint8Array {
  const {stakeDust = BOND_DUST, bondMode = "", workNonce = 0n, claimOwner = owner.address, ...rest} = change;
  const payload = enrollment.encode({
    kind: "enroll",
    nodeId,
    gpuUuid,
    hmacKey: new Uint8Array(32).fill(7),
    stakeDust,
    bondMode,
    workNonce,
    memo: "",
  });
  const possession = mlDsa87.sign(node.secretKey, nodeKeyClaim(TEST_CHAIN_ID, claimOwner, nodeId, node.publicKey));
  return strictEnrollment.encode({payload, nodeKey: node.publicKey, possession, ...rest});
}

export const signedEnrollment = (owner: TestAccount, nonce: bigint, payload: Uint8Array): Uint8Array =>
  signed(owner, contentOf(owner, {nonce, contract: ENROLL_V3_CONTRACT, payload}));

/** An unenrollment of `nodeId`, or whatever `payload` says. */
export const signedUnenrollment = (
  owner: TestAccount,
  {nonce, nodeId, payload}: {nonce: bigint; nodeId: string; payload?: Uint8Array},
): Uint8Array =>
  signed(
    owner,
    contentOf(owner, {
      nonce,
      contract: UNENROLL_V3_CONTRACT,
      payload: payload ?? unenrollment.encode({kind: "unenroll", nodeId, reason: ""}),
    }),
  );

/** A proof of `nodeId` at `height`, signed by `node`; `fill` tells two solutions apart. */
export function signedProof(
  {
    nodeId,
    node,
    owner,
    chainId = TEST_CHAIN_ID,
  }: {nodeId: string; node: TestAccount; owner: TestAccount; chainId?: string},
  {height, fill, change = {}}: {height: bigint; fill: number; change?: Partial<Proof>},
): Proof {
  const unsigned: Proof = {
    version: 2,
    epoch: 0n,
    height,
    headerHash: new Uint8Array(32),
    minerAddr: owner.address,
    batchRoot: new Uint8Array(32),
    batchCount: 1,
    nonce: new Uint8Array(16).fill(fill),
    mixDigest: new Uint8Array(32).fill(fill),
    attestation: {
      type: "qsdm-key-v1",
      bundle: "",
      gpuArch: "ampere",
      claimedHashrateHps: 0n,
      nonce: new Uint8Array(32),
      issuedAt: 1_800_000_000n,
    },
    ...change,
  };
  const bundle = {
    evidence: base64Of(new Uint8Array(3)),
    evidenceType: HMAC_ATTESTATION,
    nodeId,
    signature: new Uint8Array(0),
  };
  const draft = withKeyBundle(unsigned, bundle);
  return withKeyBundle(unsigned, {...bundle, signature: mlDsa87.sign(node.secretKey, keySigningBytes(chainId, draft))});
}

/** `proof` with its node signature altered in one bit. */
export function withBrokenSignature(proof: Proof): Proof {
  const bundle = decodeKeyBundle(proof.attestation.bundle);
  const signature = bundle.signature.slice();
  signature[100]! ^= 1;
  return withKeyBundle(proof, {...bundle, signature});
}

/** A signed slash with double-mining evidence. */
export function signedSlash(
  reporter: TestAccount,
  {
    nonce,
    nodeId,
    pair,
    amountDust = BOND_DUST,
    memo = "",
  }: {nonce: bigint; nodeId: string; pair: readonly [Proof, Proof]; amountDust?: bigint; memo?: string},
): Uint8Array {
  const evidence = doubleMining.encode({proofA: pair[0], proofB: pair[1], memo});
  const payload = slashPayload.encode({
    nodeId,
    evidenceKind: "double-mining",
    evidence,
    slashAmountDust: amountDust,
    memo: "",
  });
  return signed(reporter, contentOf(reporter, {nonce, contract: SLASH_CONTRACT, payload}));
}
