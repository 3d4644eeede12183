/**
 * Packets, records and certificates of QBIND's KEMTLS, versions 1 and 2. Read to be shown: our sessions are version 3
 * (codecs/network/session.ts), and nothing of this is ever answered.
 * Source: bft-ledger, section 10.1 and 10.3. Vectors: kemtls.vectors.json, digests.vectors.json.
 */
import {concat, utf8} from "../bytes.js";
import type {Codec} from "../codec.js";
import {sha3} from "../hash.js";
import {
  behind,
  blob,
  fixed,
  framed,
  layout,
  list,
  type Part,
  type PartValue,
  refuse,
  struct,
  u8,
  u16,
  u16be,
  u32be,
  u64,
} from "./layout.js";

const PACKET_MAX_BYTES = 16 * 1024;
const RECORD_MAX_BYTES = 16 * 1024 * 1024;
const ADDRESS_MAX_BYTES = 256;
const PEERS_MAX = 16;

const suites = {version: u8, kemSuite: u8, aeadSuite: u8} as const;
const first = struct({
  ...suites,
  clientRandom: fixed(32),
  validatorId: fixed(32),
  cookie: blob(u16),
  kemCt: blob(u16),
});
const clientCert = blob(u16);
type ClientInit = PartValue<typeof first> & {
  /** Null in version 1, which has no place for it. */
  readonly clientCert: Uint8Array | null;
};

const clientInit: Part<ClientInit> = {
  minBytes: first.minBytes,
  write(value, path) {
    const {version, clientCert: cert} = value;
    if (version !== 1 && version !== 2) refuse(path, `is of version ${version}`);
    if ((version === 2) !== (cert !== null)) refuse(path, "has a certificate in version 2 and in no other");
    return concat(first.write(value, path), cert === null ? new Uint8Array() : clientCert.write(cert, path));
  },
  read(from, path) {
    const base = first.read(from, path);
    if (base.version !== 1 && base.version !== 2) refuse(path, `is of version ${base.version}`);
    return {...base, clientCert: base.version === 2 ? clientCert.read(from, `${path}.clientCert`) : null};
  },
};

const serverAccept = struct({
  ...suites,
  serverRandom: fixed(32),
  validatorId: fixed(32),
  clientRandom: fixed(32),
  delegationCert: blob(u16),
  flags: u16,
});
const serverCookie = struct({...suites, validatorId: fixed(32), clientRandom: fixed(32), cookie: blob(u16)});

const packetOf = <T>(name: string, type: number, mark: number, part: Part<T>): Codec<T> =>
  layout(name, behind(Uint8Array.of(type), framed(u16be, behind(Uint8Array.of(mark), part), PACKET_MAX_BYTES)));

export const packets = {
  clientInit: packetOf("client init", 1, 0x20, clientInit),
  serverAccept: packetOf("server accept", 2, 0x21, serverAccept),
  serverCookie: packetOf("server cookie", 3, 0x22, serverCookie),
} as const;

/** What goes over a session: one sealed message. */
export const sealedRecord = layout("record", behind(Uint8Array.of(1), struct({sealed: blob(u32be, RECORD_MAX_BYTES)})));

/** Answer of a node that is asked for peers. */
export const peerList = layout(
  "peer list",
  list(u16, struct({peerId: fixed(32), address: blob(u16, ADDRESS_MAX_BYTES)}), PEERS_MAX),
);

const ZERO = Uint8Array.of(0);
const certified = behind(
  Uint8Array.of(0xa0),
  struct({
    version: u8,
    validatorId: fixed(32),
    rootKeyId: fixed(32),
    leafKemSuiteId: u8,
    leafKemPk: behind(ZERO, blob(u16)),
    notBefore: u64,
    notAfter: u64,
    ext: blob(u16),
  }),
);
const certificateSignature = struct({sigSuiteId: u8, sig: behind(ZERO, blob(u16))});
export type NetworkCertificate = PartValue<typeof certified> & PartValue<typeof certificateSignature>;

/** Binds a validator to the ML-KEM key of its node. */
export const networkCertificate: Codec<NetworkCertificate> = layout("network certificate", {
  minBytes: certified.minBytes + certificateSignature.minBytes,
  write: (value, path) => concat(certified.write(value, path), certificateSignature.write(value, path)),
  read: (from, path) => ({...certified.read(from, path), ...certificateSignature.read(from, path)}),
});

/** What its root key signs. */
export const networkCertificateDigest = (certificate: NetworkCertificate): Uint8Array =>
  sha3(utf8("QBIND:NETCERT"), certified.write(certificate, "network certificate"));
