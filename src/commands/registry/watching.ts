import type {ListedCommand} from "./entry.js";

export const WATCHING: readonly ListedCommand[] = [
  {path: "watch enrollments", load: async () => (await import("../watch/enrollments.js")).watchEnrollmentsCommand},
  {path: "watch slashes", load: async () => (await import("../watch/slashes.js")).watchSlashesCommand},
  {path: "watch params", load: async () => (await import("../watch/params.js")).watchParamsCommand},
  {path: "watch rejections", load: async () => (await import("../watch/rejections.js")).watchRejectionsCommand},
  {path: "watch proofs", load: async () => (await import("../watch/proofs.js")).watchProofsCommand},
  {path: "watch archspoof", load: async () => (await import("../watch/archspoof.js")).watchArchspoofCommand},
  {path: "watch blocks", load: async () => (await import("../watch/blocks.js")).watchBlocksCommand},
  {path: "watch streams", load: async () => (await import("../watch/streams.js")).watchStreamsCommand},
];
