import type {ListedCommand} from "./entry.js";

export const QUORUM: readonly ListedCommand[] = [
  {path: "quorum compile", load: async () => (await import("../quorum/compile.js")).quorumCompileCommand},
  {path: "quorum network", load: async () => (await import("../quorum/network.js")).quorumNetworkCommand},
  {path: "quorum inspect", load: async () => (await import("../quorum/inspect.js")).quorumInspectCommand},
  {path: "quorum lint", load: async () => (await import("../quorum/lint.js")).quorumLintCommand},
  {path: "quorum run", load: async () => (await import("../quorum/run.js")).quorumRunCommand},
  {
    path: "quorum identity create",
    load: async () => (await import("../quorum/strict/identity-create.js")).quorumIdentityCreateCommand,
  },
  {
    path: "quorum roster create",
    load: async () => (await import("../quorum/strict/roster-create.js")).quorumRosterCreateCommand,
  },
  {
    path: "quorum roster sign",
    load: async () => (await import("../quorum/strict/roster-sign.js")).quorumRosterSignCommand,
  },
  {
    path: "quorum roster verify",
    load: async () => (await import("../quorum/strict/roster-verify.js")).quorumRosterVerifyCommand,
  },
  {path: "quorum deploy", load: async () => (await import("../quorum/deploy.js")).quorumDeployCommand},
  {path: "quorum approve", load: async () => (await import("../quorum/approve.js")).quorumApproveCommand},
  {path: "quorum status", load: async () => (await import("../quorum/status.js")).quorumStatusCommand},
  {path: "quorum suspend", load: async () => (await import("../quorum/suspend.js")).quorumSuspendCommand},
  {path: "quorum eval", load: async () => (await import("../quorum/eval.js")).quorumEvalCommand},
  {path: "quorum pool", load: async () => (await import("../quorum/pool.js")).quorumPoolCommand},
  {path: "quorum reshare", load: async () => (await import("../quorum/reshare.js")).quorumReshareCommand},
  {path: "quorum rotate", load: async () => (await import("../quorum/rotate.js")).quorumRotateCommand},
  {path: "quorum audit verify", load: async () => (await import("../quorum/audit-verify.js")).quorumAuditVerifyCommand},
  {path: "quorum audit prove", load: async () => (await import("../quorum/audit-prove.js")).quorumAuditProveCommand},
  {path: "quorum audit export", load: async () => (await import("../quorum/audit-export.js")).quorumAuditExportCommand},
  {path: "quorum audit anchor", load: async () => (await import("../quorum/audit-anchor.js")).quorumAuditAnchorCommand},
  {path: "quorum stake add", load: async () => (await import("../quorum/stake/add.js")).quorumStakeAddCommand},
  {
    path: "quorum stake release",
    load: async () => (await import("../quorum/stake/release.js")).quorumStakeReleaseCommand,
  },
  {path: "quorum stake show", load: async () => (await import("../quorum/stake/show.js")).quorumStakeShowCommand},
  {
    path: "quorum attest collect",
    load: async () => (await import("../quorum/attest/collect.js")).quorumAttestCollectCommand,
  },
  {
    path: "quorum attest verify",
    load: async () => (await import("../quorum/attest/verify.js")).quorumAttestVerifyCommand,
  },
  {
    path: "quorum attest status",
    load: async () => (await import("../quorum/attest/status.js")).quorumAttestStatusCommand,
  },
  {path: "quorum check", load: async () => (await import("../quorum/check/check.js")).quorumCheckCommand},
  {path: "quorum devnet", load: async () => (await import("../quorum/devnet.js")).quorumDevnetCommand},
  {path: "quorum custodian", load: async () => (await import("../quorum/custodian.js")).quorumCustodianCommand},
  {path: "quorum coordinator", load: async () => (await import("../quorum/coordinator.js")).quorumCoordinatorCommand},
];
