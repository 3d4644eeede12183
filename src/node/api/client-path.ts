/** Path and query of a call, escaped as the reference's client escapes them. */
import {wireNameOf} from "../../codecs/api/shape.js";
import {headerNameOf, type Param} from "./param.js";
import type {AnyRoute} from "./route.js";

// Go's path escaping: these stay, everything else that is not unreserved is percent-encoded.
const escapePath = (text: string): string =>
  encodeURIComponent(text)
    .replace(/%(24|26|2B|3A|3D|40)/g, (escaped) => decodeURIComponent(escaped))
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
// Go's form escaping: like a path part, with plus for space and nothing else kept.
const escapeQuery = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");

/** Headers that a call's parameters go to. @throws UsageError PARAMETER_INVALID */
export function headersOf(route: AnyRoute, input: Readonly<Record<string, unknown>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, param] of Object.entries(route.params as Readonly<Record<string, Param<unknown>>>)) {
    const wire = wireNameOf(name);
    const text = param.in === "header" ? param.format(input[name], wire) : undefined;
    if (text !== undefined) headers[headerNameOf(wire)] = text;
  }
  return headers;
}

/** Path and query of a call, query parameters in order of name. @throws UsageError PARAMETER_INVALID */
export function pathOf(route: AnyRoute, input: Readonly<Record<string, unknown>>): string {
  let path = route.path;
  const query: string[] = [];
  for (const [name, param] of Object.entries(route.params as Readonly<Record<string, Param<unknown>>>)) {
    const wire = wireNameOf(name);
    const text = param.format(input[name], wire);
    if (text === undefined || param.in === "header") continue;
    if (param.in === "path") path = path.replace(`{${wire}}`, () => escapePath(text));
    else query.push(`${escapeQuery(wire)}=${escapeQuery(text)}`);
  }
  return query.length === 0 ? path : `${path}?${query.sort().join("&")}`;
}
