import type {ListedCommand} from "./entry.js";

export const GOVERNANCE: readonly ListedCommand[] = [
  {path: "gov params", load: async () => (await import("../gov/params.js")).govParamsCommand},
  {path: "gov status", load: async () => (await import("../gov/status.js")).govStatusCommand},
  {path: "gov propose-param", load: async () => (await import("../gov/propose-param.js")).govProposeParamCommand},
  {
    path: "gov propose-authority",
    load: async () => (await import("../gov/propose-authority.js")).govProposeAuthorityCommand,
  },
  {path: "gov propose-retire", load: async () => (await import("../gov/propose-retire.js")).govProposeRetireCommand},
  {path: "gov vote", load: async () => (await import("../gov/vote.js")).govVoteCommand},
  {
    path: "gov-helper propose-param",
    load: async () => (await import("../gov-helper/propose-param.js")).govHelperProposeParamCommand,
  },
  {
    path: "gov-helper propose-authority",
    load: async () => (await import("../gov-helper/propose-authority.js")).govHelperProposeAuthorityCommand,
  },
  {
    path: "gov-helper propose-retire",
    load: async () => (await import("../gov-helper/propose-retire.js")).govHelperProposeRetireCommand,
  },
  {path: "gov-helper params", load: async () => (await import("../gov-helper/params.js")).govHelperParamsCommand},
  {path: "gov-helper inspect", load: async () => (await import("../gov-helper/inspect.js")).govHelperInspectCommand},
];
