/** Every command by its path, loaded when it is called: start-up pays for one command, not for all. */
import type {Command} from "commander";
import type {Io} from "./io.js";

export interface CommandEntry {
  /** Words that call the command, for example `wallet create`. */
  readonly path: string;
  /** Under which help lists it. */
  readonly heading:
    | "Enrollment"
    | "Mining"
    | "Slashing"
    | "Governance"
    | "Watching"
    | "Wallets and keys"
    | "Transactions"
    | "Node"
    | "Quorum programs"
    | "Program";
  /**
   * Whether it works offline and is wanted at once: the build makes one file of it and what it imports. Its module is
   * then at its path, and exports its name in camel case with `Command` behind.
   */
  readonly quick?: true;
  load(): Promise<(io: Io) => Command>;
}

/** Words that only group commands. */
export const GROUPS: Readonly<Record<string, string>> = {
  wallet: "Keys that hold money: make one, see what it owns, pay and sign with it, move it.",
  tx: "Transactions step by step: build, sign on a machine without network, send, look up.",
  vesting: "What the genesis gives away over time.",
  stream: "Services that are paid by the second of their use, out of a budget in escrow.",
  fees: "What a place in a block costs.",
  "slash-helper": "Evidence: build it from proofs, and look into it. Works offline.",
  gov: "What the chain's authorities change: its parameters, and who they are.",
  "gov-helper": "Votes for changes of the chain: build them, and look into them. Works offline.",
  watch: "What happens on a node, as it happens.",
  attest: "Evidence about a GPU for a solved proof, built offline.",
  keygen: "Keys of mining rigs.",
  localnet: "Networks of several validators, written out to be run.",
  migrate: "What other stores and other programs kept, brought over.",
  node: "A node on this machine: create it, run it, ask how it is.",
  store: "What a node keeps, while it does not run: look at it, check it, shrink it, copy it.",
  finality: "Proofs that a block is final, for whoever trusts no node.",
  light: "A chain verified from its proofs alone, without a node of one's own.",
  validator: "Voting with stake: join, leave, come back from jail, and have cheats punished.",
  quorum: "Programs that custodians evaluate on secret shares: compile, judge, deploy and evaluate them.",
  config: "The configuration file and the settings in force.",
};

/** In the order in which help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {path: "enroll", heading: "Enrollment", load: async () => (await import("./enroll.js")).enrollCommand},
  {path: "unenroll", heading: "Enrollment", load: async () => (await import("./unenroll.js")).unenrollCommand},
  {
    path: "enrollment-status",
    heading: "Enrollment",
    load: async () => (await import("./enrollment-status.js")).enrollmentStatusCommand,
  },
  {path: "enrollments", heading: "Enrollment", load: async () => (await import("./enrollments.js")).enrollmentsCommand},
  {path: "mine", heading: "Mining", load: async () => (await import("./mine/mine.js")).mineCommand},
  {path: "challenge", heading: "Mining", load: async () => (await import("./challenge.js")).challengeCommand},
  {path: "attest hmac", heading: "Mining", load: async () => (await import("./attest/hmac.js")).attestHmacCommand},
  {path: "attest cc", heading: "Mining", load: async () => (await import("./attest/cc.js")).attestCcCommand},
  {path: "attest key", heading: "Mining", load: async () => (await import("./attest/key.js")).attestKeyCommand},
  {path: "attest nonce", heading: "Mining", load: async () => (await import("./attest/nonce.js")).attestNonceCommand},
  {path: "attest gpu-id", heading: "Mining", load: async () => (await import("./attest/gpu-id.js")).attestGpuIdCommand},
  {
    path: "attest validator-nonce",
    heading: "Node",
    load: async () => (await import("./attest/validator-nonce.js")).attestValidatorNonceCommand,
  },
  {
    path: "attest validator",
    heading: "Node",
    load: async () => (await import("./attest/validator.js")).attestValidatorCommand,
  },
  {path: "preflight", heading: "Mining", load: async () => (await import("./preflight.js")).preflightCommand},
  {path: "bench", heading: "Mining", load: async () => (await import("./bench.js")).benchCommand},
  {path: "gpu-idle", heading: "Mining", load: async () => (await import("./gpu-idle.js")).gpuIdleCommand},
  {
    path: "slash-helper forged-attestation",
    heading: "Slashing",
    load: async () => (await import("./slash-helper/forged-attestation.js")).slashHelperForgedAttestationCommand,
  },
  {
    path: "slash-helper double-mining",
    heading: "Slashing",
    load: async () => (await import("./slash-helper/double-mining.js")).slashHelperDoubleMiningCommand,
  },
  {
    path: "slash-helper freshness-cheat",
    heading: "Slashing",
    load: async () => (await import("./slash-helper/freshness-cheat.js")).slashHelperFreshnessCheatCommand,
  },
  {
    path: "slash-helper inspect",
    quick: true,
    heading: "Slashing",
    load: async () => (await import("./slash-helper/inspect.js")).slashHelperInspectCommand,
  },
  {path: "slash", heading: "Slashing", load: async () => (await import("./slash.js")).slashCommand},
  {
    path: "slash-receipt",
    heading: "Slashing",
    load: async () => (await import("./slash-receipt.js")).slashReceiptCommand,
  },
  {
    path: "gov params",
    heading: "Governance",
    load: async () => (await import("./gov/params.js")).govParamsCommand,
  },
  {
    path: "gov status",
    heading: "Governance",
    load: async () => (await import("./gov/status.js")).govStatusCommand,
  },
  {
    path: "gov propose-param",
    heading: "Governance",
    load: async () => (await import("./gov/propose-param.js")).govProposeParamCommand,
  },
  {
    path: "gov propose-authority",
    heading: "Governance",
    load: async () => (await import("./gov/propose-authority.js")).govProposeAuthorityCommand,
  },
  {
    path: "gov propose-retire",
    heading: "Governance",
    load: async () => (await import("./gov/propose-retire.js")).govProposeRetireCommand,
  },
  {
    path: "gov vote",
    heading: "Governance",
    load: async () => (await import("./gov/vote.js")).govVoteCommand,
  },
  {
    path: "gov-helper propose-param",
    heading: "Governance",
    load: async () => (await import("./gov-helper/propose-param.js")).govHelperProposeParamCommand,
  },
  {
    path: "gov-helper propose-authority",
    heading: "Governance",
    load: async () => (await import("./gov-helper/propose-authority.js")).govHelperProposeAuthorityCommand,
  },
  {
    path: "gov-helper propose-retire",
    heading: "Governance",
    load: async () => (await import("./gov-helper/propose-retire.js")).govHelperProposeRetireCommand,
  },
  {
    path: "gov-helper params",
    heading: "Governance",
    load: async () => (await import("./gov-helper/params.js")).govHelperParamsCommand,
  },
  {
    path: "gov-helper inspect",
    heading: "Governance",
    load: async () => (await import("./gov-helper/inspect.js")).govHelperInspectCommand,
  },
  {
    path: "watch enrollments",
    heading: "Watching",
    load: async () => (await import("./watch/enrollments.js")).watchEnrollmentsCommand,
  },
  {
    path: "watch slashes",
    heading: "Watching",
    load: async () => (await import("./watch/slashes.js")).watchSlashesCommand,
  },
  {
    path: "watch params",
    heading: "Watching",
    load: async () => (await import("./watch/params.js")).watchParamsCommand,
  },
  {
    path: "watch rejections",
    heading: "Watching",
    load: async () => (await import("./watch/rejections.js")).watchRejectionsCommand,
  },
  {path: "watch proofs", heading: "Watching", load: async () => (await import("./watch/proofs.js")).watchProofsCommand},
  {
    path: "watch archspoof",
    heading: "Watching",
    load: async () => (await import("./watch/archspoof.js")).watchArchspoofCommand,
  },
  {
    path: "watch blocks",
    heading: "Watching",
    load: async () => (await import("./watch/blocks.js")).watchBlocksCommand,
  },
  {
    path: "wallet create",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/create.js")).walletCreateCommand,
  },
  {
    path: "wallet show",
    quick: true,
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/show.js")).walletShowCommand,
  },
  {
    path: "wallet balance",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/balance.js")).walletBalanceCommand,
  },
  {
    path: "wallet send",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/send.js")).walletSendCommand,
  },
  {
    path: "wallet inspect",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/inspect.js")).walletInspectCommand,
  },
  {
    path: "wallet multisig",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/multisig.js")).walletMultisigCommand,
  },
  {
    path: "wallet sign",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/sign.js")).walletSignCommand,
  },
  {
    path: "wallet verify",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/verify.js")).walletVerifyCommand,
  },
  {
    path: "wallet sign-tx",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/sign-tx.js")).walletSignTxCommand,
  },
  {
    path: "wallet sign-task-action",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/sign-task-action.js")).walletSignTaskActionCommand,
  },
  {
    path: "wallet sign-stream-action",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/sign-stream-action.js")).walletSignStreamActionCommand,
  },
  {
    path: "wallet export",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/export.js")).walletExportCommand,
  },
  {
    path: "wallet import",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/import.js")).walletImportCommand,
  },
  {
    path: "wallet recovery",
    heading: "Wallets and keys",
    load: async () => (await import("./wallet/recovery.js")).walletRecoveryCommand,
  },
  {
    path: "keygen hmac",
    quick: true,
    heading: "Wallets and keys",
    load: async () => (await import("./keygen/hmac.js")).keygenHmacCommand,
  },
  {
    path: "keygen node",
    heading: "Wallets and keys",
    load: async () => (await import("./keygen/node.js")).keygenNodeCommand,
  },
  {path: "tx terms", heading: "Transactions", load: async () => (await import("./tx/terms.js")).txTermsCommand},
  {path: "tx build", heading: "Transactions", load: async () => (await import("./tx/build.js")).txBuildCommand},
  {path: "tx sign", heading: "Transactions", load: async () => (await import("./tx/sign.js")).txSignCommand},
  {path: "tx combine", heading: "Transactions", load: async () => (await import("./tx/combine.js")).txCombineCommand},
  {path: "tx send", heading: "Transactions", load: async () => (await import("./tx/send.js")).txSendCommand},
  {path: "tx decode", heading: "Transactions", load: async () => (await import("./tx/decode.js")).txDecodeCommand},
  {path: "tx status", heading: "Transactions", load: async () => (await import("./tx/status.js")).txStatusCommand},
  {path: "account", heading: "Transactions", load: async () => (await import("./account.js")).accountCommand},
  {path: "supply", heading: "Transactions", load: async () => (await import("./supply.js")).supplyCommand},
  {
    path: "vesting show",
    heading: "Transactions",
    load: async () => (await import("./vesting/show.js")).vestingShowCommand,
  },
  {
    path: "vesting claim",
    heading: "Transactions",
    load: async () => (await import("./vesting/claim.js")).vestingClaimCommand,
  },
  {
    path: "stream open",
    heading: "Transactions",
    load: async () => (await import("./stream/open.js")).streamOpenCommand,
  },
  {
    path: "stream receipt",
    heading: "Transactions",
    load: async () => (await import("./stream/receipt.js")).streamReceiptCommand,
  },
  {
    path: "stream report",
    heading: "Transactions",
    load: async () => (await import("./stream/report.js")).streamReportCommand,
  },
  {
    path: "stream claim",
    heading: "Transactions",
    load: async () => (await import("./stream/acts.js")).streamClaimCommand,
  },
  {
    path: "stream pause",
    heading: "Transactions",
    load: async () => (await import("./stream/acts.js")).streamPauseCommand,
  },
  {
    path: "stream resume",
    heading: "Transactions",
    load: async () => (await import("./stream/acts.js")).streamResumeCommand,
  },
  {
    path: "stream cancel",
    heading: "Transactions",
    load: async () => (await import("./stream/acts.js")).streamCancelCommand,
  },
  {
    path: "stream show",
    heading: "Transactions",
    load: async () => (await import("./stream/show.js")).streamShowCommand,
  },
  {
    path: "stream list",
    heading: "Transactions",
    load: async () => (await import("./stream/list.js")).streamListCommand,
  },
  {path: "monetary", heading: "Transactions", load: async () => (await import("./monetary.js")).monetaryCommand},
  {
    path: "fees estimate",
    heading: "Transactions",
    load: async () => (await import("./fees/estimate.js")).feesEstimateCommand,
  },
  {path: "status", heading: "Node", load: async () => (await import("./status.js")).statusCommand},
  {path: "health", heading: "Node", load: async () => (await import("./health.js")).healthCommand},
  {path: "block", heading: "Node", load: async () => (await import("./block.js")).blockCommand},
  {path: "receipt", heading: "Node", load: async () => (await import("./receipt.js")).receiptCommand},
  {path: "node init", heading: "Node", load: async () => (await import("./node/init.js")).nodeInitCommand},
  {path: "node run", heading: "Node", load: async () => (await import("./node/run.js")).nodeRunCommand},
  {
    path: "migrate import",
    heading: "Node",
    load: async () => (await import("./migrate/import.js")).migrateImportCommand,
  },
  {
    path: "migrate to-cluster",
    heading: "Node",
    load: async () => (await import("./migrate/to-cluster.js")).migrateToClusterCommand,
  },
  {
    path: "localnet export",
    heading: "Node",
    load: async () => (await import("./localnet/export.js")).localnetExportCommand,
  },
  {path: "store stats", heading: "Node", load: async () => (await import("./store/stats.js")).storeStatsCommand},
  {path: "store verify", heading: "Node", load: async () => (await import("./store/verify.js")).storeVerifyCommand},
  {path: "store compact", heading: "Node", load: async () => (await import("./store/compact.js")).storeCompactCommand},
  {path: "store export", heading: "Node", load: async () => (await import("./store/export.js")).storeExportCommand},
  {path: "store import", heading: "Node", load: async () => (await import("./store/import.js")).storeImportCommand},
  {path: "peers", heading: "Node", load: async () => (await import("./peers.js")).peersCommand},
  {
    path: "validator join",
    heading: "Node",
    load: async () => (await import("./validator/join.js")).validatorJoinCommand,
  },
  {
    path: "validator leave",
    heading: "Node",
    load: async () => (await import("./validator/leave.js")).validatorLeaveCommand,
  },
  {
    path: "validator unjail",
    heading: "Node",
    load: async () => (await import("./validator/unjail.js")).validatorUnjailCommand,
  },
  {
    path: "validator status",
    heading: "Node",
    load: async () => (await import("./validator/status.js")).validatorStatusCommand,
  },
  {
    path: "validator report",
    heading: "Node",
    load: async () => (await import("./validator/report.js")).validatorReportCommand,
  },
  {path: "validators", heading: "Node", load: async () => (await import("./validators.js")).validatorsCommand},
  {
    path: "finality fetch",
    heading: "Node",
    load: async () => (await import("./finality/fetch.js")).finalityFetchCommand,
  },
  {
    path: "finality verify",
    heading: "Node",
    load: async () => (await import("./finality/verify.js")).finalityVerifyCommand,
  },
  {path: "light sync", heading: "Node", load: async () => (await import("./light/sync.js")).lightSyncCommand},
  {path: "light balance", heading: "Node", load: async () => (await import("./light/balance.js")).lightBalanceCommand},
  {path: "node status", heading: "Node", load: async () => (await import("./node/status.js")).nodeStatusCommand},
  {
    path: "devnet equivocate",
    heading: "Node",
    load: async () => (await import("./devnet/equivocate.js")).devnetEquivocateCommand,
  },
  {path: "devnet", heading: "Node", load: async () => (await import("./devnet/devnet.js")).devnetCommand},
  {
    path: "quorum compile",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/compile.js")).quorumCompileCommand,
  },
  {
    path: "quorum inspect",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/inspect.js")).quorumInspectCommand,
  },
  {
    path: "quorum lint",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/lint.js")).quorumLintCommand,
  },
  {
    path: "quorum run",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/run.js")).quorumRunCommand,
  },
  {
    path: "quorum identity create",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/strict/identity-create.js")).quorumIdentityCreateCommand,
  },
  {
    path: "quorum roster create",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/strict/roster-create.js")).quorumRosterCreateCommand,
  },
  {
    path: "quorum roster sign",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/strict/roster-sign.js")).quorumRosterSignCommand,
  },
  {
    path: "quorum roster verify",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/strict/roster-verify.js")).quorumRosterVerifyCommand,
  },
  {
    path: "quorum deploy",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/deploy.js")).quorumDeployCommand,
  },
  {
    path: "quorum approve",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/approve.js")).quorumApproveCommand,
  },
  {
    path: "quorum eval",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/eval.js")).quorumEvalCommand,
  },
  {
    path: "quorum pool",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/pool.js")).quorumPoolCommand,
  },
  {
    path: "quorum reshare",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/reshare.js")).quorumReshareCommand,
  },
  {
    path: "quorum rotate",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/rotate.js")).quorumRotateCommand,
  },
  {
    path: "quorum audit verify",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/audit-verify.js")).quorumAuditVerifyCommand,
  },
  {
    path: "quorum devnet",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/devnet.js")).quorumDevnetCommand,
  },
  {
    path: "quorum custodian",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/custodian.js")).quorumCustodianCommand,
  },
  {
    path: "quorum coordinator",
    heading: "Quorum programs",
    load: async () => (await import("./quorum/coordinator.js")).quorumCoordinatorCommand,
  },
  {
    path: "config print",
    quick: true,
    heading: "Program",
    load: async () => (await import("./config/print.js")).configPrintCommand,
  },
  {
    path: "config check",
    quick: true,
    heading: "Program",
    load: async () => (await import("./config/check.js")).configCheckCommand,
  },
  {path: "inspect", heading: "Program", load: async () => (await import("./inspect/inspect.js")).inspectCommand},
  {path: "completion", heading: "Program", load: async () => (await import("./completion.js")).completionCommand},
  {path: "version", quick: true, heading: "Program", load: async () => (await import("./version.js")).versionCommand},
];
