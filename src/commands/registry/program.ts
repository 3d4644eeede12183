import type {ListedCommand} from "./entry.js";

export const PROGRAM: readonly ListedCommand[] = [
  {path: "config print", quick: true, load: async () => (await import("../config/print.js")).configPrintCommand},
  {path: "config check", quick: true, load: async () => (await import("../config/check.js")).configCheckCommand},
  {path: "inspect", load: async () => (await import("../inspect/inspect.js")).inspectCommand},
  {path: "completion", load: async () => (await import("../completion.js")).completionCommand},
  {path: "version", quick: true, load: async () => (await import("../version.js")).versionCommand},
];
