/**
 * The handshake of two nodes as a pure machine: each step takes one message and gives the next. Version 3 of
 * docs/decisions/0061-sessions.md: an ephemeral exchange, then each side encapsulates to the other's certified key.
 *
 *     client                                   server
 *     hello: ephemeral keys            ->
 *                                      <-      accept: ephemeral exchange, {certificate}
 *     auth: {to the server}, {cert.}   ->
 *                                      <-      confirm: {to the client}, MAC
 *     finish: MAC                      ->
 */
import {concat, equalBytes} from "../../../codecs/bytes.js";
import {equalSecret, hmacSha3} from "../../../codecs/hash.js";
import {
  accept,
  auth,
  confirm,
  finish,
  type Hello,
  hello,
  type RefuseReason,
  refuse,
} from "../../../codecs/network/session.js";
import {ML_KEM_768} from "../../../codecs/suite.js";
import {QsdmError, RuleError, UnavailableError} from "../../../errors.js";
import type {PeerId} from "../port.js";
import {open, seal} from "./aead.js";
import {type CertificateRules, type Credentials, checkPeerCertificate} from "./certificate.js";
import {exchange, exchangeKeyOf} from "./exchange.js";
import {absorb, expand, firstSecret, firstTranscript, nextSecret} from "./key-schedule.js";

/** As libp2p negotiates it. */
export const SESSION_PROTOCOL = "/qsdm/session/3";
/** Every session protocol of this program, best first. */
const SPOKEN: readonly string[] = [SESSION_PROTOCOL];

/** The part of ML-KEM-768 that a session needs. */
export interface Kem {
  keygen(seed: Uint8Array): {readonly publicKey: Uint8Array; readonly secretKey: Uint8Array};
  encapsulate(publicKey: Uint8Array, seed: Uint8Array): {readonly ciphertext: Uint8Array; readonly secret: Uint8Array};
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array;
}

export interface HandshakeContext extends CertificateRules {
  readonly kem: Kem;
  readonly credentials: Credentials;
  /** Whether a session with this node is wanted. Asked once the node has been named, before it is proved. */
  admit(id: PeerId): boolean;
  /** Session protocols of this side, best first. */
  readonly spoken?: readonly string[];
}

/** What both sides have in the end. */
export interface Secured {
  readonly peer: PeerId;
  readonly sendSecret: Uint8Array;
  readonly receiveSecret: Uint8Array;
  /** The same on both sides and on no other session. */
  readonly sessionId: Uint8Array;
}

/** Where a handshake stands: something to send, and either a message to wait for or the end. */
export interface Progress {
  readonly send?: Uint8Array;
  readonly receive?: (message: Uint8Array) => Progress;
  readonly secured?: Secured;
}

/** Random bytes that a client uses up. */
export const CLIENT_RANDOM_BYTES = 32 + ML_KEM_768.keygenSeedBytes + 32 + ML_KEM_768.encapsulationSeedBytes;
/** Random bytes that a server uses up. */
export const SERVER_RANDOM_BYTES = 32 + 32 + 2 * ML_KEM_768.encapsulationSeedBytes;

const NO_BYTES = new Uint8Array();
/** Keys are used once, so the nonce never changes. */
const NONCE = new Uint8Array(12);

const fail = (code: string, why: string): never => {
  throw new RuleError(code, why);
};

const opened = (key: Uint8Array, sealedBytes: Uint8Array, bound: Uint8Array): Uint8Array =>
  open(key, NONCE, sealedBytes, bound) ?? fail("SESSION_TAMPERED", "a handshake message was changed on its way");

function cut(random: Uint8Array, ...sizes: readonly number[]): Uint8Array[] {
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return random.slice(at - size, at);
  });
}

/** What an unauthenticated refusal of the other side says. */
function refusal(message: Uint8Array): never {
  const {why} = refuse.decode(message);
  throw new UnavailableError("SESSION_REFUSED", `the peer refused the session: ${WHY[why]}`);
}
const WHY: Readonly<Record<RefuseReason, string>> = {
  network: "it is on another chain",
  downgrade: "somebody took a better protocol out of the offer",
};

/**
 * The client's side.
 * @param expected whom the client wants; `null` takes whoever answers
 * @param random `CLIENT_RANDOM_BYTES`
 * @throws what each step throws: RuleError SESSION_*, DecodeError, UnavailableError SESSION_REFUSED
 */
export function startClient(context: HandshakeContext, expected: PeerId | null, random: Uint8Array): Progress {
  const [nonce, kemSeed, exchangeSeed, toServer] = cut(random, 32, 64, 32, 32) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const {kem, network, spoken = SPOKEN} = context;
  const ephemeral = kem.keygen(kemSeed);
  const send = hello.encode({
    offers: spoken,
    network,
    random: nonce,
    kemKey: ephemeral.publicKey,
    exchangeKey: exchangeKeyOf(exchangeSeed),
  });
  const start = absorb(firstTranscript(), send);
  const receive = (message: Uint8Array): Progress => {
    const {ciphertext, exchangeKey, certificate, random: theirs} = decodeAccept(message);
    const shared = concat(kem.decapsulate(ciphertext, ephemeral.secretKey), exchange(exchangeSeed, exchangeKey));
    const first = firstSecret(shared);
    const bound = concat(theirs, ciphertext, exchangeKey);
    const server = checkPeerCertificate(
      opened(expand(first, "accept certificate", start), certificate, bound),
      context,
    );
    checkPeer(context, server.id);
    if (expected !== null && server.id !== expected)
      fail("SESSION_PEER_MISMATCH", `${server.id.slice(0, 16)} answers where ${expected.slice(0, 16)} was looked for`);
    return answerServer(context, {server, first, toServer, transcript: absorb(start, message)});
  };
  return {send, receive};
}

function decodeAccept(message: Uint8Array) {
  try {
    return accept.decode(message);
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
    try {
      return refusal(message);
    } catch (second) {
      throw second instanceof UnavailableError ? second : error;
    }
  }
}

interface ClientState {
  readonly server: {readonly id: PeerId; readonly kemKey: Uint8Array};
  readonly first: Uint8Array;
  readonly toServer: Uint8Array;
  readonly transcript: Uint8Array;
}

function answerServer({kem, credentials}: HandshakeContext, state: ClientState): Progress {
  const {server, first, toServer, transcript: before} = state;
  const {ciphertext: inner, secret} = kem.encapsulate(server.kemKey, toServer);
  const second = nextSecret(first, secret);
  const ciphertext = seal(expand(first, "auth ciphertext", before), NONCE, inner, NO_BYTES);
  // Under the second secret: only the true server learns who the client is.
  const key = expand(second, "auth certificate", before);
  const send = auth.encode({ciphertext, certificate: seal(key, NONCE, credentials.certificate, ciphertext)});
  const transcript = absorb(before, send);
  const receive = (message: Uint8Array): Progress => {
    const {ciphertext: sealedInner, mac} = confirm.decode(message);
    const toClient = opened(expand(second, "confirm ciphertext", transcript), sealedInner, NO_BYTES);
    const third = nextSecret(second, kem.decapsulate(toClient, credentials.kemSecretKey));
    if (!equalSecret(mac, serverMac(third, transcript, sealedInner)))
      fail("SESSION_UNPROVED", "the server did not prove its certificate");
    const confirmed = absorb(transcript, message);
    const last = finish.encode({mac: clientMac(third, confirmed)});
    return {send: last, secured: secured(third, absorb(confirmed, last), server.id, "client")};
  };
  return {send, receive};
}

/**
 * The server's side.
 * @param random `SERVER_RANDOM_BYTES`
 * @throws what each step throws: RuleError SESSION_*, DecodeError; `refusalFor` says what to tell the client
 */
export const startServer = (context: HandshakeContext, random: Uint8Array): Progress => ({
  receive: (message) => {
    const asked = hello.decode(message);
    checkHello(context, asked);
    const [nonce, exchangeSeed, toEphemeral, toClient] = cut(random, 32, 32, 32, 32) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const {kem, credentials} = context;
    const start = absorb(firstTranscript(), message);
    const {ciphertext, secret} = kem.encapsulate(asked.kemKey, toEphemeral);
    const first = firstSecret(concat(secret, exchange(exchangeSeed, asked.exchangeKey)));
    const exchangeKey = exchangeKeyOf(exchangeSeed);
    const bound = concat(nonce, ciphertext, exchangeKey);
    const certificate = seal(expand(first, "accept certificate", start), NONCE, credentials.certificate, bound);
    const send = accept.encode({random: nonce, ciphertext, exchangeKey, certificate});
    const transcript = absorb(start, send);
    return {send, receive: (next) => answerClient(context, {first, toClient, transcript}, next)};
  },
});

function checkHello({network, spoken = SPOKEN}: HandshakeContext, asked: Hello): void {
  if (!equalBytes(asked.network, network)) fail("SESSION_OTHER_CHAIN", "the peer is on another chain");
  const best = spoken.find((each) => asked.offers.includes(each));
  if (best !== SESSION_PROTOCOL)
    fail("SESSION_DOWNGRADED", best ? `both speak ${best}, which is better` : "the peer does not offer this protocol");
}

interface ServerState {
  readonly first: Uint8Array;
  readonly toClient: Uint8Array;
  readonly transcript: Uint8Array;
}

function answerClient(context: HandshakeContext, state: ServerState, message: Uint8Array): Progress {
  const {kem, credentials} = context;
  const {first, toClient, transcript: before} = state;
  const {ciphertext: sealedInner, certificate} = auth.decode(message);
  const inner = opened(expand(first, "auth ciphertext", before), sealedInner, NO_BYTES);
  const second = nextSecret(first, kem.decapsulate(inner, credentials.kemSecretKey));
  const shown = opened(expand(second, "auth certificate", before), certificate, sealedInner);
  const client = checkPeerCertificate(shown, context);
  checkPeer(context, client.id);
  const transcript = absorb(before, message);
  const {ciphertext: outer, secret} = kem.encapsulate(client.kemKey, toClient);
  const third = nextSecret(second, secret);
  const ciphertext = seal(expand(second, "confirm ciphertext", transcript), NONCE, outer, NO_BYTES);
  const send = confirm.encode({ciphertext, mac: serverMac(third, transcript, ciphertext)});
  const confirmed = absorb(transcript, send);
  const receive = (last: Uint8Array): Progress => {
    if (!equalSecret(finish.decode(last).mac, clientMac(third, confirmed)))
      fail("SESSION_UNPROVED", "the client did not prove its certificate");
    return {secured: secured(third, absorb(confirmed, last), client.id, "server")};
  };
  return {send, receive};
}

function checkPeer({credentials, admit}: HandshakeContext, id: PeerId): void {
  if (id === credentials.id) fail("SESSION_SELF", "the peer is this node itself");
  if (!admit(id)) fail("SESSION_NOT_ADMITTED", `${id.slice(0, 16)} is not let in`);
}

const serverMac = (secret: Uint8Array, transcript: Uint8Array, ciphertext: Uint8Array): Uint8Array =>
  hmacSha3(expand(secret, "server finished", transcript), transcript, ciphertext);

const clientMac = (secret: Uint8Array, transcript: Uint8Array): Uint8Array =>
  hmacSha3(expand(secret, "client finished", transcript), transcript);

function secured(secret: Uint8Array, transcript: Uint8Array, peer: PeerId, side: "client" | "server"): Secured {
  const client = expand(secret, "client traffic", transcript);
  const server = expand(secret, "server traffic", transcript);
  const [sendSecret, receiveSecret] = side === "client" ? [client, server] : [server, client];
  return {peer, sendSecret, receiveSecret, sessionId: expand(secret, "session id", transcript)};
}

const REFUSALS: Readonly<Record<string, RefuseReason>> = {
  SESSION_OTHER_CHAIN: "network",
  SESSION_DOWNGRADED: "downgrade",
};

/** What a server tells a client whose hello it does not take; `null` for what deserves no answer. */
export const refusalFor = (error: unknown): Uint8Array | null => {
  const why = error instanceof QsdmError ? REFUSALS[error.code] : undefined;
  return why === undefined ? null : refuse.encode({why});
};
