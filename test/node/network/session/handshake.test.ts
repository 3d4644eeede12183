/** The handshake: what it gives, and that no change, replay or stranger gets through. */
import fc from "fast-check";
import {beforeAll, describe, expect, test} from "vitest";
import {concat, equalBytes, hexOf} from "../../../../src/codecs/bytes.js";
import {accept, auth, confirm, finish, hello, signedPeerCertificate} from "../../../../src/codecs/network/session.js";
import {QsdmError} from "../../../../src/errors.js";
import {loadMlKem} from "../../../../src/node/compute/ml-kem.js";
import {CERTIFICATE_LIFE_MS, CLOCK_SKEW_MS} from "../../../../src/node/network/session/certificate.js";
import {type Kem, type Progress, refusalFor, type Secured} from "../../../../src/node/network/session/handshake.js";
import {clientOf, NOW_MS, type Party, party, resume, serverOf, shake} from "./parties.js";
import {STAND_IN_KEM} from "./stand-in-kem.js";

let kem: Kem;
beforeAll(async () => {
  kem = await loadMlKem();
});

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof QsdmError) return error.code;
    throw error;
  }
  return "none";
};

/** Runs both ends; the second result is the client's when the messages number five. */
function sessionsOf(client: Party, server: Party, expected: string | null = server.credentials.id) {
  const {messages, ends} = shake(clientOf(client, expected), serverOf(server));
  const found = ends.map((end) => end.secured);
  return {messages, server: found[0]!, client: found[1]!};
}

function expectSession(client: Secured, server: Secured): void {
  expect(client.sendSecret).toEqual(server.receiveSecret);
  expect(client.receiveSecret).toEqual(server.sendSecret);
  expect(client.sessionId).toEqual(server.sessionId);
  expect(equalBytes(client.sendSecret, client.receiveSecret)).toBe(false);
}

test("two nodes prove who they are to each other and share four secrets, over ML-KEM-768", () => {
  const [a, b] = [party("a", kem), party("b", kem)];
  const {client, server, messages} = sessionsOf(a, b);
  expectSession(client, server);
  expect(client.peer).toBe(b.credentials.id);
  expect(server.peer).toBe(a.credentials.id);
  expect(messages).toHaveLength(5);
  for (const message of messages) expect(message.length).toBeLessThan(16_384);
  // Neither certificate travels in the clear.
  for (const {credentials} of [a, b])
    for (const message of messages) expect(hexOf(message)).not.toContain(hexOf(credentials.certificate.slice(0, 64)));
});

test("a client that does not know whom it will meet learns it", () => {
  const [a, b] = [party("a", STAND_IN_KEM), party("b", STAND_IN_KEM)];
  expect(sessionsOf(a, b, null).client.peer).toBe(b.credentials.id);
});

test("other randomness gives other secrets, and the certified keys alone do not open a recorded session", () => {
  const [a, b] = [party("a", kem), party("b", kem)];
  const one = shake(clientOf(a, null, 1), serverOf(b, 1));
  const two = shake(clientOf(a, null, 2), serverOf(b, 2));
  expect(hexOf(one.ends[0].secured!.sendSecret)).not.toBe(hexOf(two.ends[0].secured!.sendSecret));
  // Who steals both session keys later can open neither sealed part: they are under the ephemeral secret.
  const recorded = auth.decode(one.messages[2]!);
  const guess = kem.decapsulate(recorded.ciphertext.slice(0, 1_088), b.credentials.kemSecretKey);
  const told = kem.decapsulate(recorded.ciphertext.slice(16), b.credentials.kemSecretKey);
  const real = one.ends[0].secured!.receiveSecret;
  expect([guess, told].some((each) => equalBytes(each, real))).toBe(false);
});

describe("a change of any one byte of any message", () => {
  const [a, b] = [party("a", STAND_IN_KEM), party("b", STAND_IN_KEM)];
  const {messages, steps} = shake(clientOf(a, b.credentials.id), serverOf(b));
  const names = ["hello", "accept", "auth", "confirm", "finish"];

  test.each(names.map((name, turn) => [name, turn] as const))("of %s ends the handshake", (_name, turn) => {
    const survivors: number[] = [];
    for (let at = 0; at < messages[turn]!.length; at++) {
      const changed = messages[turn]!.slice();
      changed[at]! ^= 1 << (at % 8);
      // The client has its session before the server reads the last message; the server must not have one.
      if (codeOf(() => resume(steps[turn]!, changed)) === "none") survivors.push(at);
    }
    expect(survivors).toEqual([]);
  });

  test("also where several bytes change, are cut off or come on top", () => {
    fc.assert(
      fc.property(
        fc.nat(4),
        fc.array(fc.tuple(fc.nat(), fc.integer({min: 1, max: 255})), {minLength: 1, maxLength: 8}),
        fc.integer({min: -40, max: 40}),
        (turn, flips, grow) => {
          const message = messages[turn]!;
          const out = grow > 0 ? concat(message, new Uint8Array(grow)) : message.slice(0, message.length + grow);
          for (const [at, by] of flips) if (out.length > 0) out[at % out.length]! ^= by;
          fc.pre(!equalBytes(out, message));
          expect(codeOf(() => resume(steps[turn]!, out))).not.toBe("none");
        },
      ),
      {numRuns: 300},
    );
  });
});

test("with ML-KEM-768 a changed key or ciphertext ends it too", () => {
  const [a, b] = [party("a", kem), party("b", kem)];
  const flip = (turn: number, at: number) => (message: Uint8Array, now: number) => {
    const out = message.slice();
    if (now === turn) out[at]! ^= 1;
    return out;
  };
  for (const [turn, at] of [
    [0, 200],
    [1, 200],
    [2, 200],
    [3, 200],
  ] as const)
    expect(codeOf(() => shake(clientOf(a, b.credentials.id), serverOf(b), flip(turn, at)))).not.toBe("none");
});

test("recorded messages of another session prove nothing: every replay is refused", () => {
  const [a, b] = [party("a", STAND_IN_KEM), party("b", STAND_IN_KEM)];
  const old = shake(clientOf(a, b.credentials.id, 1), serverOf(b, 1)).messages;
  for (let turn = 0; turn < 5; turn++) {
    const replay = (message: Uint8Array, now: number) => (now === turn ? old[turn]! : message);
    expect(
      codeOf(() => shake(clientOf(a, b.credentials.id, 2), serverOf(b, 2), replay)),
      `message ${turn}`,
    ).not.toBe("none");
  }
  // A whole old run against a server that picks its own randomness stops at the first message that the server proves on.
  const fresh = serverOf(b, 3).receive!(old[0]!);
  expect(codeOf(() => fresh.receive!(old[2]!))).toBe("SESSION_TAMPERED");
});

describe("misbinding", () => {
  const [a, b, m] = [party("a", STAND_IN_KEM), party("b", STAND_IN_KEM), party("m", STAND_IN_KEM)];

  test("a client that wants one node refuses another that answers in its place", () => {
    expect(codeOf(() => shake(clientOf(a, b.credentials.id), serverOf(m)))).toBe("SESSION_PEER_MISMATCH");
  });

  test("a node that shows somebody else's certificate cannot answer for its key, on either side", () => {
    const thief = {...m, credentials: {...m.credentials, certificate: b.credentials.certificate}};
    expect(codeOf(() => shake(clientOf(a, b.credentials.id), serverOf(thief)))).toBe("SESSION_TAMPERED");
    // As a client it cannot read what is encapsulated to the certified key.
    expect(codeOf(() => shake(clientOf(thief, a.credentials.id), serverOf(a)))).toBe("SESSION_UNPROVED");
  });

  test("a certificate for somebody else's session key leaves its maker without the session", () => {
    const stolen = party("m", {...STAND_IN_KEM, keygen: () => STAND_IN_KEM.keygen(b.credentials.kemSecretKey)});
    const liar = {...stolen, credentials: {...stolen.credentials, kemSecretKey: m.credentials.kemSecretKey}};
    expect(codeOf(() => shake(clientOf(a, null), serverOf(liar)))).toBe("SESSION_TAMPERED");
  });

  test("one in the middle that passes everything on is not part of the session, and both ends name each other", () => {
    const {client, server} = sessionsOf(a, b);
    expect([client.peer, server.peer]).toEqual([b.credentials.id, a.credentials.id]);
  });

  test("a client's messages given back to it are no server, and a node refuses itself", () => {
    const mine = clientOf(a, null);
    expect(codeOf(() => mine.receive!(mine.send!))).toBe("FIELD_INVALID");
    expect(codeOf(() => shake(clientOf(a, null, 1), serverOf(a, 2)))).toBe("SESSION_SELF");
  });

  test("the server's proof is no proof of the client", () => {
    const open = clientOf(a, b.credentials.id);
    const accepted = serverOf(b).receive!(open.send!);
    const authed = open.receive!(accepted.send!);
    const confirmed = accepted.receive!(authed.send!);
    const {mac} = confirm.decode(confirmed.send!);
    expect(codeOf(() => confirmed.receive!(finish.encode({mac})))).toBe("SESSION_UNPROVED");
  });
});

describe("downgrade and strangers", () => {
  const [a, b] = [party("a", STAND_IN_KEM), party("b", STAND_IN_KEM)];

  test("where both speak something better, this version is refused, whatever was negotiated before", () => {
    const better = ["/qsdm/session/4", "/qsdm/session/3"];
    const [newA, newB] = [party("a", STAND_IN_KEM, {spoken: better}), party("b", STAND_IN_KEM, {spoken: better})];
    expect(codeOf(() => shake(clientOf(newA, null), serverOf(newB)))).toBe("SESSION_DOWNGRADED");
    expect(codeOf(() => shake(clientOf(newA, null), serverOf(b)))).toBe("none");
  });

  test("taking the better offer out of the hello breaks the transcript", () => {
    const newA = party("a", STAND_IN_KEM, {spoken: ["/qsdm/session/4", "/qsdm/session/3"]});
    const strip = (message: Uint8Array, turn: number) =>
      turn === 0 ? hello.encode({...hello.decode(message), offers: ["/qsdm/session/3"]}) : message;
    expect(codeOf(() => shake(clientOf(newA, null), serverOf(b), strip))).toBe("SESSION_TAMPERED");
  });

  test("a node of another chain is told so, and so is one that offers nothing known", () => {
    const other = party("a", STAND_IN_KEM, {network: new Uint8Array(32)});
    const error = caught(() => shake(clientOf(other, null), serverOf(b)));
    expect(error.code).toBe("SESSION_OTHER_CHAIN");
    expect(codeOf(() => clientOf(other, null).receive!(refusalFor(error)!))).toBe("SESSION_REFUSED");
    const odd = caught(() => shake(clientOf(party("a", STAND_IN_KEM, {spoken: ["/x"]}), null), serverOf(b)));
    expect(odd.code).toBe("SESSION_DOWNGRADED");
    expect(refusalFor(odd)).not.toBeNull();
    expect(refusalFor(new Error("a bug"))).toBeNull();
  });

  test("whoever is not wanted is refused by both sides", () => {
    const closed = (name: string) => party(name, STAND_IN_KEM, {admit: () => false});
    expect(codeOf(() => shake(clientOf(closed("a"), null), serverOf(b)))).toBe("SESSION_NOT_ADMITTED");
    expect(codeOf(() => shake(clientOf(a, null), serverOf(closed("b"))))).toBe("SESSION_NOT_ADMITTED");
  });
});

describe("certificates", () => {
  const a = party("a", STAND_IN_KEM);
  const meeting = (server: Party) => codeOf(() => shake(clientOf(a, null), serverOf(server)));

  test("are good within the clocks' skew, and neither before nor after", () => {
    const at = (certifiedAtMs: number) => meeting(party("b", STAND_IN_KEM, {certifiedAtMs}));
    expect(at(NOW_MS + CLOCK_SKEW_MS)).toBe("none");
    expect(at(NOW_MS + CLOCK_SKEW_MS + 1)).toBe("SESSION_CERTIFICATE_INVALID");
    expect(at(NOW_MS - CERTIFICATE_LIFE_MS - CLOCK_SKEW_MS)).toBe("none");
    expect(at(NOW_MS - CERTIFICATE_LIFE_MS - CLOCK_SKEW_MS - 1)).toBe("SESSION_CERTIFICATE_INVALID");
  });

  test("are refused when another key signed them", () => {
    const [b, m] = [party("b", STAND_IN_KEM), party("m", STAND_IN_KEM)];
    const {content} = signedPeerCertificate.decode(b.credentials.certificate);
    const {signature} = signedPeerCertificate.decode(m.credentials.certificate);
    const certificate = signedPeerCertificate.encode({content, signature});
    expect(meeting({...b, credentials: {...b.credentials, certificate}})).toBe("SESSION_CERTIFICATE_INVALID");
  });

  test("of another chain are refused even where the hello names this one", () => {
    const other = party("b", STAND_IN_KEM, {network: new Uint8Array(32)});
    expect(meeting({...other, network: a.network})).toBe("SESSION_CERTIFICATE_INVALID");
  });
});

test("the messages' sizes are those that the page names", () => {
  const {messages} = shake(clientOf(party("a", STAND_IN_KEM), null), serverOf(party("b", STAND_IN_KEM)));
  expect(hello.decode(messages[0]!).kemKey).toHaveLength(1_184);
  expect(accept.decode(messages[1]!).ciphertext).toHaveLength(1_088);
});

function caught(act: () => Progress | unknown): QsdmError {
  try {
    act();
  } catch (error) {
    return error as QsdmError;
  }
  throw new Error("nothing was thrown");
}
