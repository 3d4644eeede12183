import {beforeAll, describe, expect, test} from "vitest";
import {type Certificate, decodeCertificate} from "../../../../../src/codecs/x509/certificate.js";
import {RuleError} from "../../../../../src/errors.js";
import {findPath} from "../../../../../src/node/ledger/attestation/cc/path.js";
import {constraints, Extension, type Issued, issue, KeyUsageFlags, keyUsage} from "../../../../support/certificates.js";

const NOW_MS = BigInt(Date.parse("2026-01-01T00:00:00Z"));

let root: Issued;
let middle: Issued;
let leaf: Issued;
beforeAll(async () => {
  root = await issue({name: "root"});
  middle = await issue({name: "middle", issuer: root});
  leaf = await issue({name: "device", issuer: middle, ca: false});
});

const certificates = (issued: readonly Issued[]): Certificate[] => issued.map(({certificate}) => certificate);

/** Names on the path, or why there is none. */
function follow(path: readonly Issued[], roots: readonly Issued[] = [root], nowMs = NOW_MS): string {
  const [first, ...others] = certificates(path);
  try {
    const found = findPath(first!, others, {roots: certificates(roots), nowMs});
    return found.map(({commonName}) => commonName).join(" < ");
  } catch (error) {
    expect(error).toBeInstanceOf(RuleError);
    expect(error).toMatchObject({code: "CERTIFICATE_PATH_INVALID"});
    return (error as RuleError).message;
  }
}

const UNTRUSTED = "x509: certificate signed by unknown authority";
const because = (why: string, name: string) =>
  `${UNTRUSTED} (possibly because of "x509: ${why}" while trying to verify candidate authority certificate "${name}")`;

describe("a path is found", () => {
  test("over intermediates in any order, past some that do not belong to it", async () => {
    const stranger = await issue({name: "stranger"});
    const upper = await issue({name: "upper", issuer: root, curve: "P-521"});
    const lower = await issue({name: "lower", issuer: upper, curve: "P-256"});
    const device = await issue({name: "device", issuer: lower, ca: false});
    expect(follow([leaf, middle])).toBe("device < middle < root");
    expect(follow([device, stranger, upper, root, lower])).toBe("device < lower < upper < root");
  });

  test("under RSA and Ed25519 authorities", async () => {
    for (const algorithm of ["RSA", "Ed25519"] as const) {
      const top = await issue({name: algorithm, algorithm});
      const device = await issue({name: "device", issuer: top, ca: false});
      expect(follow([device], [top])).toBe(`device < ${algorithm}`);
    }
  });

  test("for a pinned root that stands at the device's place", () => {
    expect(follow([root])).toBe("root");
  });

  test("to one of several roots of one name", async () => {
    const namesake = await issue({name: "root"});
    expect(follow([leaf, middle], [namesake, root])).toBe("device < middle < root");
  });

  test("past a cross-certificate that leads nowhere", async () => {
    const expired = await issue({name: "old root", notAfter: "2021-01-01T00:00:00Z"});
    const cross = await issue({name: "middle", issuer: expired, keys: middle.keys});
    expect(follow([leaf, cross, middle], [expired, root])).toBe("device < middle < root");
  });
});

describe("a path is refused", () => {
  test("without the root, or with a root that only has its name", async () => {
    const namesake = await issue({name: "root"});
    expect(follow([leaf, middle], [])).toBe(UNTRUSTED);
    expect(follow([leaf])).toBe(UNTRUSTED);
    expect(follow([leaf, middle], [namesake])).toBe(because("ECDSA verification failure", "root"));
  });

  test("through what is no certificate authority", async () => {
    const cases: [string, readonly Extension[]][] = [
      ["no constraints", []],
      ["not an authority", [constraints(false)]],
      ["may not sign", [constraints(true), keyUsage(KeyUsageFlags.digitalSignature)]],
    ];
    for (const [name, extensions] of cases) {
      const half = await issue({name, issuer: root, extensions});
      const device = await issue({name: "device", issuer: half, ca: false});
      const why = "invalid signature: parent certificate cannot sign this kind of certificate";
      expect(follow([device, half])).toBe(because(why, name));
    }
  });

  test("when it is longer than an authority allows", async () => {
    const top = await issue({name: "top", pathLength: 1});
    const one = await issue({name: "one", issuer: top});
    const two = await issue({name: "two", issuer: one});
    const short = await issue({name: "device", issuer: one, ca: false});
    const long = await issue({name: "device", issuer: two, ca: false});
    expect(follow([short, one], [top])).toBe("device < one < top");
    expect(follow([long, two, one], [top])).toBe(because("too many intermediates for path length constraint", "top"));
  });

  test("before and after the time of any certificate on it, to the second", async () => {
    const times = {notBefore: "2026-01-01T00:00:00Z", notAfter: "2026-02-01T00:00:00Z"};
    const device = await issue({name: "device", issuer: root, ca: false, ...times});
    const [from, to] = [BigInt(Date.parse(times.notBefore)), BigInt(Date.parse(times.notAfter))];
    const late = "x509: certificate has expired or is not yet valid: current time";
    expect(follow([device], [root], from)).toBe("device < root");
    expect(follow([device], [root], to)).toBe("device < root");
    expect(follow([device], [root], from - 1_000n)).toBe(`${late} 2025-12-31T23:59:59Z is before ${times.notBefore}`);
    expect(follow([device], [root], to + 1_000n)).toBe(`${late} 2026-02-01T00:00:01Z is after ${times.notAfter}`);
    const authority = await issue({name: "short", issuer: root, ...times});
    const under = await issue({name: "device", issuer: authority, ca: false});
    expect(follow([under, authority], [root], from - 1_000n)).toMatch(/^x509: certificate signed by unknown authority/);
    const expired = await issue({name: "short root", ...times});
    const below = await issue({name: "device", issuer: expired, ca: false});
    expect(follow([below], [expired], to + 1_000n)).toMatch(/while trying to verify candidate .* "short root"\)$/);
  });

  test("with a critical extension that nobody evaluates, and with name constraints, critical or not", async () => {
    const nothing = Uint8Array.of(0x30, 0).buffer;
    for (const also of [[new Extension("1.2.3.4", true, nothing)], [new Extension("2.5.29.30", false, nothing)]]) {
      const device = await issue({name: "device", issuer: root, ca: false, also});
      expect(follow([device])).toBe("x509: unhandled critical extension");
      const authority = await issue({name: "bound", issuer: root, also});
      const under = await issue({name: "device", issuer: authority, ca: false});
      expect(follow([under, authority])).toBe(because("unhandled critical extension", "bound"));
    }
    const harmless = [new Extension("1.2.3.4", false, nothing)];
    expect(follow([await issue({name: "device", issuer: root, ca: false, also: harmless})])).toBe("device < root");
  });

  test("when authorities only certify each other", async () => {
    const a = await issue({name: "a"});
    const b = await issue({name: "b", issuer: a});
    const back = await issue({name: "a", issuer: b, keys: a.keys});
    const device = await issue({name: "device", issuer: b, ca: false});
    expect(follow([device, b, back, a])).toMatch(/^x509: certificate signed by unknown authority/);
  });

  test("when it costs more than a hundred signatures to find", async () => {
    const roots = await Promise.all(Array.from({length: 16}, () => issue({name: "same", curve: "P-256"})));
    const chain = [await issue({name: "same", curve: "P-256"})];
    while (chain.length < 7) chain.push(await issue({name: "same", curve: "P-256", issuer: chain.at(-1)!}));
    const device = await issue({name: "device", issuer: chain.at(-1)!, ca: false});
    expect(follow([device, ...chain], roots)).toBe(
      "x509: signature check attempts limit reached while verifying certificate chain",
    );
  });
});

describe("a certificate", () => {
  test("is refused when a byte is missing, added or changed in its structure", () => {
    const {der} = root.certificate;
    const bad = [der.subarray(1), der.subarray(0, -1), Uint8Array.of(...der, 0), new Uint8Array(0), der.with(0, 0x31)];
    for (const bytes of [...bad, new Uint8Array(20_000)])
      expect(() => decodeCertificate(bytes)).toThrow(expect.objectContaining({code: "CERTIFICATE_INVALID"}));
  });

  test("is refused with one extension twice", async () => {
    const twice = issue({name: "twice", also: [constraints(true)]});
    await expect(twice).rejects.toMatchObject({code: "CERTIFICATE_INVALID"});
  });
});
