import type {ListedCommand} from "./entry.js";

export const WALLETS: readonly ListedCommand[] = [
  {path: "wallet create", load: async () => (await import("../wallet/create.js")).walletCreateCommand},
  {path: "wallet show", quick: true, load: async () => (await import("../wallet/show.js")).walletShowCommand},
  {path: "wallet balance", load: async () => (await import("../wallet/balance.js")).walletBalanceCommand},
  {path: "wallet send", load: async () => (await import("../wallet/send.js")).walletSendCommand},
  {path: "wallet inspect", load: async () => (await import("../wallet/inspect.js")).walletInspectCommand},
  {path: "wallet multisig", load: async () => (await import("../wallet/multisig.js")).walletMultisigCommand},
  {path: "wallet sign", load: async () => (await import("../wallet/sign.js")).walletSignCommand},
  {path: "wallet verify", load: async () => (await import("../wallet/verify.js")).walletVerifyCommand},
  {path: "wallet sign-tx", load: async () => (await import("../wallet/sign-tx.js")).walletSignTxCommand},
  {
    path: "wallet sign-task-action",
    load: async () => (await import("../wallet/sign-task-action.js")).walletSignTaskActionCommand,
  },
  {
    path: "wallet sign-stream-action",
    load: async () => (await import("../wallet/sign-stream-action.js")).walletSignStreamActionCommand,
  },
  {path: "wallet export", load: async () => (await import("../wallet/export.js")).walletExportCommand},
  {path: "wallet import", load: async () => (await import("../wallet/import.js")).walletImportCommand},
  {path: "wallet restore", load: async () => (await import("../wallet/restore.js")).walletRestoreCommand},
  {
    path: "wallet recovery create",
    load: async () => (await import("../wallet/recovery/create.js")).walletRecoveryCreateCommand,
  },
  {
    path: "wallet recovery open",
    load: async () => (await import("../wallet/recovery/open.js")).walletRecoveryOpenCommand,
  },
  {
    path: "wallet recovery export",
    load: async () => (await import("../wallet/recovery/export.js")).walletRecoveryExportCommand,
  },
  {
    path: "wallet recovery show",
    load: async () => (await import("../wallet/recovery/show.js")).walletRecoveryShowCommand,
  },
  {path: "keygen hmac", quick: true, load: async () => (await import("../keygen/hmac.js")).keygenHmacCommand},
  {path: "keygen node", load: async () => (await import("../keygen/node.js")).keygenNodeCommand},
];
