/**
 * Which neighbourhood an address is in: who rents one address of it easily rents more. IPv6 /48 and /32 stand for IPv4
 * /24 and /16. Source: bft-ledger 10.5.
 */
import {isIPv4, isIPv6} from "node:net";

export interface Neighbourhood {
  /** IPv4 /24 or IPv6 /48. */
  readonly near: string;
  /** IPv4 /16 or IPv6 /32. */
  readonly wide: string;
}

/** Tells where an address is; `null` where that says nothing: loopback, and names. */
export type Locate = (host: string) => Neighbourhood | null;

export const neighbourhoodOf: Locate = (host) => {
  const plain = host.replace(/^::ffff:(?=[0-9.]+$)/i, "");
  if (isIPv4(plain)) {
    const [a, b, c] = plain.split(".");
    return a === "127" ? null : {near: `${a}.${b}.${c}/24`, wide: `${a}.${b}/16`};
  }
  if (!isIPv6(plain) || plain === "::1") return null;
  const [first, second, third] = groupsOf(plain);
  return {near: `${first}:${second}:${third}/48`, wide: `${first}:${second}/32`};
};

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = "", tail] = address.split("%")[0]!.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...new Array<string>(Math.max(0, gap)).fill("0"), ...right].map((group) =>
    Number.parseInt(group, 16).toString(16),
  );
}
