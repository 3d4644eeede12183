/** Requests of a coordinator's HTTP API, byte for byte the reference's. Source: section 15. */
import {anyObject, count, flag, integer, list, nullable, object, optional, record, shortText, text} from "./body.js";

/** Triples of each product that an installation deals where nothing is said. */
export const DEFAULT_POOL_SIZE = 5;
/** Most triples of each product that are dealt at once: they are made and sent in one go. */
export const POOL_SIZE_MAX = 10_000;

/** Longest name of an identity, in characters: it is kept in the log and with its budget. */
export const IDENTITY_MAX_CHARACTERS = 256;

const poolSize = optional(count(0, POOL_SIZE_MAX), DEFAULT_POOL_SIZE);

export const coordinatorBodies = {
  /** `share_holders` is ours: indices of the custodians that took the shares of this deployment. */
  install: object({
    program_package: anyObject,
    generate_beaver: optional(flag, true),
    beaver_pool_size: poolSize,
    share_holders: nullable(list(integer)),
  }),
  approve: object({program_id: text, custodian_index: integer, signature: text}),
  evaluate: object({identity_id: shortText(IDENTITY_MAX_CHARACTERS), program_id: text, inputs: record(integer)}),
  replenish: object({program_id: text, pool_size: poolSize}),
  reshare: object({program_id: text}),
  rotate: object({
    program_id: text,
    retire_indices: optional(list(integer), []),
    onboard_urls: optional(list(text), []),
    onboard_x_coords: optional(list(integer), []),
  }),
} as const;
