/** Where nodes are: `PEERID@HOST:PORT` for people and files, multiaddr for libp2p. */
import {isIP, isIPv6} from "node:net";
import {UsageError} from "../../errors.js";
import type {PeerId} from "./port.js";

export interface Endpoint {
  /** Who must answer there; `null` takes whoever does. */
  readonly id: PeerId | null;
  readonly host: string;
  readonly port: number;
}

const FORM = /^(?:([0-9a-f]{64})@)?(?:\[([0-9a-fA-F:.]+)\]|([^\s[\]:/@]{1,253})):([0-9]{1,5})$/;

/**
 * Reads `[PEERID@]HOST:PORT`, an IPv6 address in brackets.
 * @throws UsageError PEER_ADDRESS_INVALID
 */
export function parseEndpoint(text: string): Endpoint {
  const [, id, v6, name, digits] = FORM.exec(text) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535) || (v6 !== undefined && !isIPv6(v6)))
    throw new UsageError("PEER_ADDRESS_INVALID", `"${text}" is no address of a node`, {
      hint: "write HOST:PORT or PEERID@HOST:PORT, an IPv6 address in brackets; qsdm peers shows a node's own",
    });
  return {id: id ?? null, host, port};
}

export const formatEndpoint = ({id, host, port}: Endpoint): string =>
  `${id === null ? "" : `${id}@`}${isIPv6(host) ? `[${host}]` : host}:${port}`;

/** As libp2p writes it, without the peer. */
export function multiaddrOf({host, port}: Pick<Endpoint, "host" | "port">): string {
  const kind = {4: "ip4", 6: "ip6", 0: "dns"}[isIP(host)]!;
  return `/${kind}/${host}/tcp/${port}`;
}

const MULTIADDR = /^\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/([0-9]{1,5})(?:\/|$)/;

/**
 * Host and port of a TCP multiaddr, or null for any other. Peers say what they like there: a name that could not be
 * written down and read again is none.
 */
export function endpointOfMultiaddr(text: string): Pick<Endpoint, "host" | "port"> | null {
  const [, host, digits] = MULTIADDR.exec(text) ?? [];
  if (host === undefined) return null;
  const endpoint = {host, port: Number(digits)};
  return FORM.test(formatEndpoint({...endpoint, id: null})) && endpoint.port <= 65_535 ? endpoint : null;
}
