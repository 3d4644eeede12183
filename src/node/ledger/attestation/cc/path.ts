/**
 * From a device's certificate to a pinned root: path building and validation after RFC 5280 (section 6) in the order
 * and with the texts of Go's verifier, which the reference uses. Any extended key usage is taken. Nothing is fetched,
 * so there is no revocation (docs/decisions/0030-cc-attestation.md).
 *
 * Name constraints are not evaluated: a certificate that has any is refused, critical or not.
 */
import {equalBytes} from "../../../../codecs/bytes.js";
import {quoteText} from "../../../../codecs/go/quote.js";
import type {Certificate} from "../../../../codecs/x509/certificate.js";
import {RuleError} from "../../../../errors.js";
import {readDeviceKey, verifyCertified} from "./signature.js";

/** Most signatures that one path may cost: eight certificates of one name could be ordered in 40,320 ways. */
const MAX_SIGNATURES = 100;
const NAME_CONSTRAINTS = "2.5.29.30";
/** Critical extensions that are evaluated, or say nothing that matters to this use of the chain. */
const UNDERSTOOD = new Set([
  "2.5.29.14", // subject key identifier
  "2.5.29.15", // key usage
  "2.5.29.17", // subject alternative name
  "2.5.29.19", // basic constraints
  "2.5.29.31", // CRL distribution points
  "2.5.29.32", // certificate policies
  "2.5.29.35", // authority key identifier
  "2.5.29.37", // extended key usage
]);

export interface PathRules {
  readonly roots: readonly Certificate[];
  readonly nowMs: bigint;
}

function refuse(why: string): never {
  throw new RuleError("CERTIFICATE_PATH_INVALID", `x509: ${why}`);
}

type Role = "leaf" | "intermediate" | "root";

/**
 * A path from `leaf` to a root, both included; `others` may come in any order, and some may be of no use.
 * @throws RuleError CERTIFICATE_PATH_INVALID
 */
export function findPath(leaf: Certificate, others: readonly Certificate[], rules: PathRules): readonly Certificate[] {
  const fault = faultOf(leaf, "leaf", [], rules);
  if (fault !== null) refuse(fault);
  if (rules.roots.some((root) => equalBytes(root.der, leaf.der))) return [leaf];
  return new PathFinder(others, rules).extend([leaf]);
}

class PathFinder {
  #signatures = 0;

  constructor(
    private readonly others: readonly Certificate[],
    private readonly rules: PathRules,
  ) {}

  /** `path` continued to a root, depth first. */
  extend(path: readonly Certificate[]): readonly Certificate[] {
    const candidates = [...withRole(this.rules.roots, "root"), ...withRole(this.others, "intermediate")].filter(
      ({certificate}) => equalBytes(certificate.subject, path.at(-1)!.issuer) && !path.some(sameAs(certificate)),
    );
    let reason: {readonly why: string; readonly by: Certificate} | null = null;
    let deeper: RuleError | null = null;
    for (const {certificate, role} of candidates) {
      const why = this.#faultOf(path, certificate, role);
      if (why !== null) reason ??= {why, by: certificate};
      else if (role === "root") return [...path, certificate];
      else
        try {
          return this.extend([...path, certificate]);
        } catch (error) {
          if (!(error instanceof RuleError) || this.#signatures > MAX_SIGNATURES) throw error;
          deeper = error;
        }
    }
    if (deeper) throw deeper;
    const tried =
      reason &&
      ` (possibly because of ${quoteText(`x509: ${reason.why}`)} while trying to verify candidate authority ` +
        `certificate ${quoteText(reason.by.commonName)})`;
    return refuse(`certificate signed by unknown authority${tried ?? ""}`);
  }

  /** Why `issuer` cannot be the next of `path`, or null. */
  #faultOf(path: readonly Certificate[], issuer: Certificate, role: Role): string | null {
    if (++this.#signatures > MAX_SIGNATURES)
      refuse("signature check attempts limit reached while verifying certificate chain");
    const child = path.at(-1)!;
    const {version, basicConstraints, maySignCertificates} = issuer;
    if ((version === 3 && !basicConstraints) || basicConstraints?.isCa === false || maySignCertificates === false)
      return "invalid signature: parent certificate cannot sign this kind of certificate";
    const key = readDeviceKey(issuer.publicKey);
    if (!key) return "cannot verify signature: algorithm unimplemented";
    if (!verifyCertified(key, child.signatureAlgorithm, {message: child.signed, signature: child.signature}))
      return key.kind === "ec" ? "ECDSA verification failure" : "verification failure";
    return faultOf(issuer, role, path, this.rules);
  }
}

const withRole = (certificates: readonly Certificate[], role: Role) =>
  certificates.map((certificate) => ({certificate, role}));

/** One key under one name is one issuer, however often it was certified: a path through it twice is a loop. */
const sameAs = (one: Certificate) => (other: Certificate) =>
  equalBytes(one.subject, other.subject) && equalBytes(one.publicKey, other.publicKey);

/** What is wrong with one certificate of a path, or null; `path` is what stands between the device and it. */
function faultOf(
  {extensions, notBeforeMs, notAfterMs, basicConstraints}: Certificate,
  role: Role,
  path: readonly Certificate[],
  {nowMs}: PathRules,
): string | null {
  if (extensions.some(({id, critical}) => id === NAME_CONSTRAINTS || (critical && !UNDERSTOOD.has(id))))
    return "unhandled critical extension";
  if (nowMs < notBeforeMs) return `${OUT_OF_TIME}: current time ${timeText(nowMs)} is before ${timeText(notBeforeMs)}`;
  if (nowMs > notAfterMs) return `${OUT_OF_TIME}: current time ${timeText(nowMs)} is after ${timeText(notAfterMs)}`;
  if (role === "intermediate" && !basicConstraints?.isCa)
    return "certificate is not authorized to sign other certificates";
  const pathLength = basicConstraints?.pathLength ?? null;
  if (role !== "leaf" && pathLength !== null && path.length - 1 > pathLength)
    return "too many intermediates for path length constraint";
  return null;
}

const OUT_OF_TIME = "certificate has expired or is not yet valid";
const timeText = (ms: bigint): string => new Date(Number(ms)).toISOString().replace(/\.\d+Z$/, "Z");
