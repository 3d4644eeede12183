import type {ListedCommand} from "./entry.js";

export const MINING: readonly ListedCommand[] = [
  {path: "mine", load: async () => (await import("../mine/mine.js")).mineCommand},
  {path: "challenge", load: async () => (await import("../challenge.js")).challengeCommand},
  {path: "attest hmac", load: async () => (await import("../attest/hmac.js")).attestHmacCommand},
  {path: "attest cc", load: async () => (await import("../attest/cc.js")).attestCcCommand},
  {path: "attest key", load: async () => (await import("../attest/key.js")).attestKeyCommand},
  {path: "attest nonce", load: async () => (await import("../attest/nonce.js")).attestNonceCommand},
  {path: "attest gpu-id", load: async () => (await import("../attest/gpu-id.js")).attestGpuIdCommand},
  {path: "preflight", load: async () => (await import("../preflight.js")).preflightCommand},
  {path: "bench", load: async () => (await import("../bench.js")).benchCommand},
  {path: "gpu-idle", load: async () => (await import("../gpu-idle.js")).gpuIdleCommand},
];
