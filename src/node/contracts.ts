/** Which contracts a chain has. */
import {quorumAnchorContract} from "./ledger/anchors/contract.js";
import {validatorAttestContract} from "./ledger/attestation/validator/contract.js";
import type {Contract} from "./ledger/chain/contract.js";
import {compatEnrollContract} from "./ledger/enrollment/compat-contract.js";
import {enrollContract} from "./ledger/enrollment/contract.js";
import {unenrollContract} from "./ledger/enrollment/unenroll.js";
import {governanceContract} from "./ledger/governance/contract.js";
import {vestingContract} from "./ledger/monetary/vesting.js";
import type {Rules} from "./ledger/params/rules.js";
import {quorumReleaseContract, quorumStakeContract} from "./ledger/quorum-stake/contracts.js";
import {capsuleContract} from "./ledger/recovery/contract.js";
import {slashContract} from "./ledger/slashing/contract.js";
import {streamContract} from "./ledger/streams/contract.js";
import {batchTransferContract} from "./ledger/transfer/batch-contract.js";
import {transferContract} from "./ledger/transfer/contract.js";
import {walletTransferContract} from "./ledger/transfer/wallet-contract.js";
import {joinContract, leaveContract, unjailContract} from "./ledger/validators/contracts.js";
import {equivocationContract} from "./ledger/validators/equivocation.js";

const COMMON: readonly Contract[] = [
  slashContract,
  enrollContract,
  unenrollContract,
  transferContract,
  batchTransferContract,
  governanceContract,
  vestingContract,
  streamContract,
  capsuleContract,
];
const STRICT: readonly Contract[] = [
  ...COMMON,
  validatorAttestContract,
  quorumAnchorContract,
  quorumStakeContract,
  quorumReleaseContract,
  joinContract,
  leaveContract,
  unjailContract,
  equivocationContract,
];

/**
 * In the order of the admission stack: slashing over enrollment over everything else. QSDM's own enrollment and
 * transfer exist only where its envelopes do: an enrollment without a node key must not reach a strict chain.
 */
export const contractsOf = ({envelopes}: Rules): readonly Contract[] =>
  envelopes === "v3-only" ? STRICT : [slashContract, compatEnrollContract, ...COMMON.slice(1), walletTransferContract];
