import type {ListedCommand} from "./entry.js";

export const SLASHING: readonly ListedCommand[] = [
  {
    path: "slash-helper forged-attestation",
    load: async () => (await import("../slash-helper/forged-attestation.js")).slashHelperForgedAttestationCommand,
  },
  {
    path: "slash-helper double-mining",
    load: async () => (await import("../slash-helper/double-mining.js")).slashHelperDoubleMiningCommand,
  },
  {
    path: "slash-helper freshness-cheat",
    load: async () => (await import("../slash-helper/freshness-cheat.js")).slashHelperFreshnessCheatCommand,
  },
  {
    path: "slash-helper inspect",
    quick: true,
    load: async () => (await import("../slash-helper/inspect.js")).slashHelperInspectCommand,
  },
  {path: "slash", load: async () => (await import("../slash.js")).slashCommand},
  {path: "slash-receipt", load: async () => (await import("../slash-receipt.js")).slashReceiptCommand},
];
