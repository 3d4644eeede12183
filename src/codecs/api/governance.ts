/** Answers of the governance routes (spec/qsdm-node.md 4.3 and 7.4). */
import {flag, list, mapOf, named, object, omitEmpty, optional, text, u64, type ValueOf} from "./shape.js";

const registered = object({
  name: text,
  description: text,
  minValue: u64,
  maxValue: u64,
  defaultValue: u64,
  unit: text,
});
export type RegisteredParameter = ValueOf<typeof registered>;

const pending = object({
  param: text,
  value: u64,
  effectiveHeight: u64,
  submittedAtHeight: u64,
  authority: text,
  memo: omitEmpty(text, ""),
});
export type PendingChange = ValueOf<typeof pending>;

/** `GET /api/v1/governance/params`. */
export const governance = object({
  active: mapOf(u64),
  pending: list(pending),
  registry: list(registered),
  authorities: list(text),
  governanceEnabled: flag,
});
export type Governance = ValueOf<typeof governance>;

/** `GET /api/v1/governance/params/{name}`. */
export const governedParameter = object({
  name: text,
  activeValue: u64,
  pending: optional(pending),
  registered: named("registry", registered),
});
export type GovernedParameterView = ValueOf<typeof governedParameter>;
