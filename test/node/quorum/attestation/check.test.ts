import {describe, expect, test} from "vitest";
import {equalBytes} from "../../../../src/codecs/bytes.js";
import {sha256} from "../../../../src/codecs/hash.js";
import {attestation, attestationFile, userDataOf} from "../../../../src/codecs/quorum/strict/attestation.js";
import type {AttestationPolicy} from "../../../../src/codecs/quorum/strict/attestation-policy.js";
import {type Roster, roster} from "../../../../src/codecs/quorum/strict/roster.js";
import {sign} from "../../../../src/codecs/quorum/strict/statement.js";
import {softwareDriver} from "../../../../src/node/custody/attestation/software.js";
import {Party} from "../../../../src/node/custody/party.js";
import {type Asked, checkAttestation, type SignedAttestation} from "../../../../src/node/quorum/attestation/check.js";
import {checkRoster, Members} from "../../../../src/node/quorum/strict/members.js";
import {loadPartySuite} from "../../../../src/node/quorum-strict.js";
import {BAD, GOOD, policyOf, softwareSigner} from "../../../support/machines.js";

const NOW_MS = 1_700_000_000_000;
const NONCE = new Uint8Array(32).fill(5);
const AGE_S = 600;
const suite = await loadPartySuite();
const signer = await softwareSigner();
const parties = [1, 2, 3].map((fill) => new Party(new Uint8Array(32).fill(fill), suite));

const contentOf = (policy: AttestationPolicy | null): Roster => ({
  ...{quorum: new Uint8Array(32), epoch: 1, previous: null, threshold: 2, approvalOrganisations: 1},
  attestation: policy,
  custodians: parties.map((each, at) => ({
    ...{card: each.card(`custodian-${at}`), address: `127.0.0.1:${9_000 + at}`, organisation: ""},
  })),
  coordinators: [],
  clients: [],
});
function membersOf(policy: AttestationPolicy | null): Members {
  const content = contentOf(policy);
  const bytes = roster.encode(content);
  const signatures = parties.map((each, place) => ({place, signature: each.sign(bytes)}));
  return Members.of({content, signatures}, suite.statements.verify);
}
const policy = policyOf(signer, AGE_S);
const members = membersOf(policy);

interface Shown {
  readonly by?: number;
  readonly signedBy?: number;
  readonly nonce?: Uint8Array;
  readonly session?: Uint8Array | null;
  readonly timeMs?: number;
  readonly runs?: typeof GOOD;
  readonly under?: Members;
  readonly key?: typeof signer;
}
/** What custodian 1 shows, unless said otherwise. */
async function shown(change: Shown = {}): Promise<SignedAttestation> {
  const {
    by = 1,
    signedBy = by,
    nonce = NONCE,
    session = null,
    timeMs = NOW_MS,
    runs = GOOD,
    under = members,
    key = signer,
  } = change;
  const named = {roster: under.digest, custodian: by, nonce, session, timeMs: BigInt(timeMs)};
  const report = await softwareDriver(key, runs).collect(userDataOf({...named, card: under.custodian(by)!.card}));
  return sign(attestation, {...named, kind: "insecure-software" as const, report}, (message) =>
    parties[signedBy]!.sign(message),
  );
}

const asked = (change: Partial<Asked> = {}): Asked => ({
  ...{members, place: 1, nonce: NONCE, session: null, nowMs: NOW_MS, verify: suite.statements.verify},
  ...change,
});
function refusal(signed: SignedAttestation, change: Partial<Asked> = {}): unknown {
  try {
    checkAttestation(signed, asked(change));
  } catch (error) {
    return error;
  }
  return null;
}
const words = (text: string) =>
  expect.objectContaining({
    code: "ATTESTATION_REJECTED",
    message: expect.stringMatching(new RegExp(`^custodian-1: .*${text}`)),
    details: {culprits: [1], reason: "attestation"},
  });
/** The same statement with other contents, signed by the custodian again. */
const resigned = ({content}: SignedAttestation, change: Partial<SignedAttestation["content"]>): SignedAttestation =>
  sign(attestation, {...content, ...change}, (message) => parties[1]!.sign(message));

describe("evidence of a custodian", () => {
  test("that fits is accepted, and says what runs and who says so", async () => {
    const {kind, measurement, anchor, versions} = checkAttestation(await shown(), asked());
    expect([kind, measurement, versions]).toEqual(["insecure-software", GOOD.measurement, [GOOD.version]]);
    expect(equalBytes(anchor, sha256(signer.publicKey))).toBe(true);
  });

  test("goes through a file", async () => {
    const signed = await shown();
    expect(attestationFile.decode(attestationFile.encode(signed))).toEqual(signed);
  });

  test("for another nonce is refused, and where no nonce is known it is not asked about", async () => {
    const other = await shown({nonce: new Uint8Array(32)});
    expect(refusal(other)).toEqual(words("another nonce"));
    expect(refusal(other, {nonce: null})).toBeNull();
  });

  test("is bound to nonce, roster, time and keys by the report itself", async () => {
    const signed = await shown();
    const stale = await shown({nonce: new Uint8Array(32)});
    expect(refusal(resigned(stale, {nonce: NONCE}))).toEqual(
      words("made for other keys, another roster or another nonce"),
    );
    expect(refusal(resigned(signed, {timeMs: BigInt(NOW_MS + 1)}))).toEqual(words("made for other keys"));
    const elsewhere = membersOf({...policy, maxAgeS: AGE_S + 1});
    const foreign = await shown({under: elsewhere});
    expect(refusal(foreign)).toEqual(words("for another roster"));
    expect(refusal(resigned(foreign, {roster: members.digest}))).toEqual(words("made for other keys"));
  });

  test("that was shown in a session is good in that one alone", async () => {
    const [mine, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const signed = await shown({session: mine});
    expect(refusal(signed, {session: mine})).toBeNull();
    for (const session of [other, null]) expect(refusal(signed, {session})).toEqual(words("of another connection"));
    expect(refusal(await shown(), {session: mine})).toEqual(words("of another connection"));
    expect(refusal(resigned(signed, {session: other}), {session: other})).toEqual(words("made for other keys"));
  });

  test("of another custodian is refused, also when this one signs it as its own", async () => {
    const other = await shown({by: 2});
    expect(refusal(other)).toEqual(words("it is evidence of custodian 2"));
    expect(refusal(resigned(other, {custodian: 1}))).toEqual(words("made for other keys"));
    expect(refusal(await shown({signedBy: 2}))).toEqual(words("not signed by the custodian"));
  });

  test("is refused once it is old, and while it is of a time to come", async () => {
    const skewMs = 60_000;
    const later = (ms: number) => ({nowMs: NOW_MS + ms});
    const signed = await shown();
    expect(refusal(signed, later(AGE_S * 1_000 + skewMs))).toBeNull();
    expect(refusal(signed, later(AGE_S * 1_000 + skewMs + 1))).toEqual(words("older than 600 s"));
    expect(refusal(signed, later(-skewMs))).toBeNull();
    expect(refusal(signed, later(-skewMs - 1))).toEqual(words("of a time to come"));
  });

  test("of what the roster does not name is refused", async () => {
    expect(refusal(await shown({runs: BAD}))).toEqual(words("measurement 0202.* is not accepted"));
    expect(refusal(await shown({runs: {...GOOD, version: 2}}))).toEqual(words("version 2 is below 3"));
    expect(refusal(await shown({key: await softwareSigner(8)}))).toEqual(words("which the roster does not name"));
  });

  test("of a kind that the roster does not name is refused before it is looked at", async () => {
    const strict = membersOf({...policy, accept: [{...policy.accept[0]!, kind: "sev-snp"}]});
    expect(refusal(await shown({under: strict}), {members: strict})).toEqual(
      words("insecure-software is not accepted, only sev-snp"),
    );
  });

  test("that is not what it says to be is refused with the custodian's name", async () => {
    const signed = await shown();
    expect(refusal(resigned(signed, {report: Uint8Array.of(0)}))).toEqual(words(""));
    const {report} = signed.content;
    const bent = report.map((byte, at) => (at === report.length - 1 ? byte ^ 1 : byte));
    expect(refusal(resigned(signed, {report: bent}))).toEqual(words("the report's signature does not verify"));
  });

  test("is nothing where the roster demands none", async () => {
    const none = membersOf(null);
    expect(refusal(await shown({under: none}), {members: none})).toMatchObject({code: "ROSTER_WITHOUT_ATTESTATION"});
  });
});

describe("a policy", () => {
  const [rule] = policy.accept;
  test.each<[string, AttestationPolicy]>([
    ["accepts no kind", {...policy, accept: []}],
    ["names a kind twice", {...policy, accept: [rule!, rule!]}],
    ["accepts no measurement", {...policy, accept: [{...rule!, measurements: []}]}],
    ["believes nobody", {...policy, accept: [{...rule!, anchors: []}]}],
    ["names more versions", {...policy, accept: [{...rule!, leastVersions: [1, 2]}]}],
    ["lets evidence stand for 59 s", {...policy, maxAgeS: 59}],
    ["lets evidence stand for 604801 s", {...policy, maxAgeS: 604_801}],
  ])("that %s makes no roster", (why, given) => {
    expect(() => checkRoster(contentOf(given))).toThrow(
      expect.objectContaining({code: "ROSTER_INVALID", message: expect.stringContaining(why)}),
    );
  });
});
