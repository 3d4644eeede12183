/**
 * `kemtls.json` of QBIND: packets, records and peer lists through their codecs. Cookies and keys of those sessions are
 * computed here, since no node makes them: the cases hold HMAC-SHA3-256 and ChaCha20-Poly1305 to foreign values.
 */
import {concat, hexOf, utf8} from "../../../src/codecs/bytes.js";
import {hmacSha3, sha3} from "../../../src/codecs/hash.js";
import {packets, peerList, sealedRecord} from "../../../src/codecs/qbind/kemtls.js";
import {seal} from "../../../src/node/network/session/aead.js";
import type {Adapters, Input, Output} from "../case.js";
import {byType, written} from "./qbind-wire.js";

const suitesOf = (input: Input) => ({kemSuite: input.number("kemSuite"), aeadSuite: input.number("aeadSuite")});

/** `value` as `size` bytes, big endian. */
const bigEndian = (value: bigint, size: number): Uint8Array => {
  const wide = new Uint8Array(8);
  new DataView(wide.buffer).setBigUint64(0, value);
  return wide.slice(8 - size);
};

function cookie(input: Input): Output {
  const [secret, ip] = [input.bytes("secretKey"), input.bytes("clientIp")];
  const {kemSuite, aeadSuite} = suitesOf(input);
  const suites = Uint8Array.of(kemSuite, aeadSuite);
  const [bucketSecs, skew, now] = [input.big("bucketSecs"), input.big("skewBuckets"), input.big("timeSecs")];
  const made = (bucket: bigint): Uint8Array =>
    hmacSha3(
      secret,
      concat(utf8("QBIND:cookie:v1"), ip, suites, input.bytes("clientRandom"), input.bytes("validatorId")),
      bigEndian(bucket, 8),
    );
  const issued = hexOf(made(now / bucketSecs));
  const fits = (text: string, later: bigint): boolean => {
    const bucket = (now + later) / bucketSecs;
    for (let back = 0n; back <= skew; back++) if (hexOf(made(bucket - back)) === text) return true;
    return false;
  };
  const verify = [0n, 29n, 30n, 59n, 60n, 61n].map((later) => ({atSecsLater: Number(later), ok: fits(issued, later)}));
  const tampered = `${issued.startsWith("0") ? "1" : "0"}${issued.slice(1)}`;
  return {cookie: issued, tamperedOk: fits(tampered, 0n), verify};
}

const CLIENT = 1;
const SERVER = 2;

function session(input: Input): Output {
  const {kemSuite, aeadSuite} = suitesOf(input);
  const secret = hmacSha3(concat(utf8("QBIND:KDF"), input.bytes("transcriptHash")), input.bytes("sharedSecret"));
  const output = (label: string, size: number): Uint8Array =>
    hmacSha3(secret, concat(utf8(label), Uint8Array.of(0, kemSuite, aeadSuite, 1))).slice(0, size);
  const id = output("QBIND:session-id", 3);
  const [toServer, toClient] = [output("QBIND:k_c2s", 32), output("QBIND:k_s2c", 32)];
  const messages = input.object("messages");
  const frame = (name: string, key: Uint8Array, from: number, count: bigint): string => {
    const nonce = concat(Uint8Array.of(from), id, bigEndian(count, 8));
    return written(sealedRecord, {sealed: seal(key, nonce, messages.bytes(name), utf8("QBIND:net:app-frame"))});
  };
  const frames = {
    c2s0: frame("c2s0", toServer, CLIENT, 0n),
    c2s1: frame("c2s1", toServer, CLIENT, 1n),
    s2c0: frame("s2c0", toClient, SERVER, 0n),
  };
  return {sessionId: hexOf(id), kC2s: hexOf(toServer), kS2c: hexOf(toClient), frames};
}

const transcript = (input: Input): Output => ({
  transcriptHash: hexOf(
    sha3(
      utf8("QBIND:KEMTLS"),
      ...["clientRandom", "serverRandom", "kemCt"].map((name) => input.bytes(name)),
      input.number("version") === 2 ? input.bytes("clientCert") : new Uint8Array(),
    ),
  ),
});

const base = (input: Input) => ({
  ...{version: input.number("version"), ...suitesOf(input)},
  clientRandom: input.bytes("clientRandom"),
  validatorId: input.bytes("validatorId"),
});

export const kemtlsAdapters: Adapters = {
  kemtls: byType({
    cookie,
    session,
    transcript,
    clientInit: (input) => ({
      packet: written(packets.clientInit, {
        ...base(input),
        cookie: input.bytes("cookie"),
        kemCt: input.bytes("kemCt"),
        clientCert: input.number("version") === 2 ? input.bytes("clientCert") : null,
      }),
    }),
    serverAccept: (input) => ({
      packet: written(packets.serverAccept, {
        ...base(input),
        serverRandom: input.bytes("serverRandom"),
        delegationCert: input.bytes("delegationCert"),
        flags: input.number("flags"),
      }),
    }),
    serverCookie: (input) => ({
      packet: written(packets.serverCookie, {...base(input), cookie: input.bytes("cookie")}),
    }),
    peerList: (input) => ({
      hex: written(
        peerList,
        input.objects("peers").map((each) => ({peerId: each.bytes("peerId"), address: utf8(each.text("address"))})),
      ),
    }),
  }),
};
