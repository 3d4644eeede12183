/** The parameters that authorities can change: what holds now, what is coming, and the bounds. */
import {governance, governedParameter, type RegisteredParameter} from "../../../codecs/api/governance.js";
import {CHAIN_PARAMETERS, type GovernedParameter} from "../../../codecs/governance/parameters.js";
import {RuleError} from "../../../errors.js";
import {inPath, parameterNameKind} from "../param.js";
import type {GovernanceView} from "../ports.js";
import {json, route} from "../route.js";

const registeredOf = ({
  min,
  max,
  default: initial,
  name,
  description,
  unit,
}: GovernedParameter): RegisteredParameter => ({
  name,
  description,
  minValue: min,
  maxValue: max,
  defaultValue: initial,
  unit,
});

/** What the chain governs, in byte order of names, as the reference lists them. */
const registryOf = ({active}: GovernanceView): readonly RegisteredParameter[] =>
  CHAIN_PARAMETERS.filter(({name}) => active.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(registeredOf);

export const governanceRoute = route({
  method: "GET",
  path: "/api/v1/governance/params",
  summary: "every governed parameter, and who may change it",
  auth: "public",
  errors: "text",
  cost: 0.2,
  params: {},
  body: null,
  reply: json(governance),
  handle(_input, {node}) {
    const governance = node.view().governance();
    const {active, pending, authorities} = governance;
    const registry = registryOf(governance);
    return {active, pending, registry, authorities, governanceEnabled: authorities.length > 0};
  },
});

export const governedParameterRoute = route({
  method: "GET",
  path: "/api/v1/governance/params/{name}",
  summary: "one governed parameter",
  auth: "public",
  errors: "text",
  cost: 0.1,
  params: {name: inPath(parameterNameKind, "name of the parameter")},
  body: null,
  reply: json(governedParameter),
  handle({name}, {node}) {
    const governance = node.view().governance();
    const {active, pending} = governance;
    const registry = registryOf(governance);
    const registered = registry.find((each) => each.name === name);
    const activeValue = active.get(name);
    if (!registered || activeValue === undefined)
      throw new RuleError("PARAMETER_NOT_FOUND", `no governance parameter ${name}`, {
        hint: `there are ${registry.map((each) => each.name).join(", ")}`,
      });
    return {name, activeValue, pending: pending.find((each) => each.param === name) ?? null, registered};
  },
});
