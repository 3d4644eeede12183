import {expect, test} from "vitest";
import {BATCH_PAYMENTS_MAX, batchTransfer, strictEnrollment, transfer} from "../../../src/codecs/chain/payloads.js";
import {quorumAnchor} from "../../../src/codecs/chain/quorum-anchor.js";
import {quorumRelease, quorumStake} from "../../../src/codecs/chain/quorum-stake.js";
import {validatorAttestation} from "../../../src/codecs/chain/validator-attestation.js";
import {validatorJoin, validatorLeave, validatorUnjail} from "../../../src/codecs/chain/validator-payloads.js";
import {vestingClaim} from "../../../src/codecs/chain/vesting.js";
import type {Codec} from "../../../src/codecs/codec.js";
import {equivocation} from "../../../src/codecs/consensus/equivocation.js";
import {SPDM_CHAIN_MAX} from "../../../src/codecs/mining/spdm-bundle.js";
import {SPDM_REPORT_MAX_BYTES} from "../../../src/codecs/mining/spdm-report.js";
import {ML_DSA_44, ML_DSA_87} from "../../../src/codecs/suite.js";
import {codeOf} from "../laws.js";

const most = 2n ** 64n - 1n;
const bytes = (size: number) => new Uint8Array(size).fill(255);
const digest = "ff".repeat(32);
const payment = {to: digest, amountDust: most, memo: "m".repeat(256)};
const statement = {height: most, blockId: digest, signature: bytes(ML_DSA_44.signatureBytes)};

const LARGEST: readonly [string, Codec<unknown>, unknown][] = [
  ["transfer", transfer, payment],
  ["batch", batchTransfer, {payments: new Array(BATCH_PAYMENTS_MAX).fill(payment)}],
  [
    "enrollment",
    strictEnrollment,
    {payload: bytes(2_048), nodeKey: bytes(ML_DSA_87.publicKeyBytes), possession: bytes(ML_DSA_87.signatureBytes)},
  ],
  [
    "join",
    validatorJoin,
    {publicKey: bytes(ML_DSA_44.publicKeyBytes), amountDust: most, possession: bytes(ML_DSA_44.signatureBytes)},
  ],
  ["leave", validatorLeave, {validator: digest}],
  ["unjail", validatorUnjail, {validator: digest}],
  ["quorum anchor", quorumAnchor, {quorum: digest, log: digest, size: most, root: digest, checkpoint: digest}],
  [
    "quorum stake",
    quorumStake,
    {publicKey: bytes(ML_DSA_87.publicKeyBytes), amountDust: most, possession: bytes(ML_DSA_87.signatureBytes)},
  ],
  ["quorum release", quorumRelease, {key: digest, amountDust: most}],
  ["vesting claim", vestingClaim, {to: digest}],
  [
    "equivocation",
    equivocation,
    {
      chainId: "c".repeat(64),
      kind: "proposal",
      epoch: most,
      view: most,
      publicKey: bytes(ML_DSA_44.publicKeyBytes),
      first: statement,
      second: statement,
    },
  ],
  [
    "attestation",
    validatorAttestation,
    {
      anchorHeight: most,
      gpuArch: "a".repeat(32),
      certChain: new Array(SPDM_CHAIN_MAX).fill(bytes(16_384)),
      report: bytes(SPDM_REPORT_MAX_BYTES),
    },
  ],
] as [string, Codec<unknown>, unknown][];

/** What an envelope has room for. */
const JUNK = bytes(1_450_000);

test.each(LARGEST)("the largest %s is read, and what is far larger is not looked at", (_name, codec, value) => {
  expect(codec.decode(codec.encode(value))).toEqual(value);
  expect(codeOf(() => codec.decode(JUNK))).toBe("CBOR_TOO_LARGE");
});
