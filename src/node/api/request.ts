/** What a request asks, and whether it may. */
import type {IncomingMessage} from "node:http";
import {wireNameOf} from "../../codecs/api/shape.js";
import {utf8} from "../../codecs/bytes.js";
import {equalSecret} from "../../codecs/hash.js";
import {RuleError, UsageError} from "../../errors.js";
import type {NgcDesk} from "./ngc/desk.js";
import {headerNameOf, type Param} from "./param.js";
import type {AnyRoute} from "./route.js";

/** The parts of a request that parameters come from. */
export interface Asked {
  readonly query: string;
  part(name: string): string | undefined;
  header(name: string): string | undefined;
}

/** Values of a route's parameters. @throws UsageError PARAMETER_INVALID, PARAMETER_UNKNOWN, PARAMETER_REPEATED */
export function readParams(route: AnyRoute, asked: Asked): Readonly<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  const query = asked.query === "" ? NO_QUERY : new URLSearchParams(asked.query);
  // The reference ignores parameters that it does not know, so its routes do here as well.
  if (route.errors === "coded") checkQuery(query, route);
  for (const name in route.params) {
    const param: Param<unknown> = route.params[name];
    const wire = wireNameOf(name);
    input[name] = param.parse(textOf(param, wire, {...asked, query}), wire);
  }
  return input;
}

function textOf(
  param: Param<unknown>,
  wire: string,
  {part, header, query}: Omit<Asked, "query"> & {readonly query: URLSearchParams},
): string | undefined {
  if (param.in === "path") return part(wire);
  return param.in === "query" ? (query.get(wire) ?? undefined) : header(headerNameOf(wire));
}

const NO_QUERY = new URLSearchParams();

/** One part of a path without its escapes; `undefined` where they are broken, which no parameter takes. */
export function partOf(raw: string | undefined): string | undefined {
  if (raw === undefined || !raw.includes("%")) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

function checkQuery(query: URLSearchParams, route: AnyRoute): void {
  const seen = new Set<string>();
  const known = Object.entries(route.params as Readonly<Record<string, Param<unknown>>>)
    .filter(([, param]) => param.in === "query")
    .map(([name]) => wireNameOf(name));
  for (const name of query.keys()) {
    if (!known.includes(name))
      throw new UsageError("PARAMETER_UNKNOWN", `no parameter ${name} here`, {
        hint: known.length === 0 ? "this route takes none" : `this route takes ${known.join(", ")}`,
      });
    if (seen.has(name)) throw new UsageError("PARAMETER_REPEATED", `parameter ${name} is given twice`);
    seen.add(name);
  }
}

const isLoopback = (ip: string): boolean => ip === "::1" || /^(?:::ffff:)?127\./.test(ip);

/**
 * Refuses a caller that may not use a route of `scrape` class.
 * @throws RuleError SCRAPE_FORBIDDEN
 */
export function checkScraper(incoming: IncomingMessage, secret: string | null): void {
  const allowed =
    secret === null
      ? isLoopback(incoming.socket.remoteAddress ?? "")
      : equalSecret(utf8(incoming.headers.authorization ?? ""), utf8(`Bearer ${secret}`));
  if (!allowed)
    throw new RuleError("SCRAPE_FORBIDDEN", "this caller may not read the metrics", {
      hint: "send Authorization: Bearer with the scrape secret; without a secret only this machine may scrape",
    });
}

/** Headers in which a sidecar presents the ingest secret; the second is the older name. */
const SIDECAR_HEADERS = ["x-qsdm-ngc-secret", "x-qsdmplus-ngc-secret"] as const;

/**
 * Refuses a caller that is not a sidecar of this node's operator.
 * @throws RuleError NGC_NOT_FOUND where the node takes no bundles, NGC_UNAUTHORIZED
 */
export function checkSidecar(incoming: IncomingMessage, desk: Pick<NgcDesk, "checkSecret"> | null): void {
  if (desk === null)
    throw new RuleError("NGC_NOT_FOUND", "not found", {hint: "this node takes no bundles: see qsdm node run --help"});
  const given = SIDECAR_HEADERS.map((name) => incoming.headers[name]).find((value) => value !== undefined) ?? "";
  desk.checkSecret(typeof given === "string" ? given.trim() : "");
}
