/** The session handshake as libp2p's connection encrypter. */
import type {ConnectionEncrypter, MessageStream, SecureConnectionOptions, SecuredConnection} from "@libp2p/interface";
import {lpStream} from "@libp2p/utils";
import type {Uint8ArrayList} from "uint8arraylist";
import {HANDSHAKE_MAX_BYTES} from "../../../codecs/network/session.js";
import {UnavailableError} from "../../../errors.js";
import {
  CLIENT_RANDOM_BYTES,
  type HandshakeContext,
  type Progress,
  refusalFor,
  SERVER_RANDOM_BYTES,
  SESSION_PROTOCOL,
  type Secured,
  startClient,
  startServer,
} from "../session/handshake.js";
import type {Names} from "./names.js";
import {SealedStream} from "./sealed-stream.js";

export interface EncrypterPorts {
  /** The context of a handshake that begins now. */
  context(): HandshakeContext;
  readonly names: Names;
  randomBytes(size: number): Uint8Array;
  nowMs(): number;
  /** Tells of a session that came about, or why one did not. */
  handshaken(outcome: "ok" | unknown): void;
}

/** Longest time for a whole handshake, in milliseconds. */
const HANDSHAKE_MS = 10_000;
const SIZE_BYTES = 2;

const encodeSize = (size: number): Uint8Array => Uint8Array.of(size >> 8, size & 0xff);
const decodeSize = Object.assign(
  (data: Uint8Array | Uint8ArrayList): number => {
    // As libp2p's reader asks for more bytes.
    if (data.byteLength < SIZE_BYTES) throw new RangeError("not the whole length");
    const [high, low] = data.subarray(0, SIZE_BYTES);
    return (high! << 8) | low!;
  },
  {bytes: SIZE_BYTES},
);

export const sessions = (ports: EncrypterPorts) => (): ConnectionEncrypter => ({
  protocol: SESSION_PROTOCOL,
  async secureOutbound(connection, options) {
    const name = options?.remotePeer;
    const expected = name === undefined ? null : (ports.names.idOf(name) ?? null);
    const start = startClient(ports.context(), expected, ports.randomBytes(CLIENT_RANDOM_BYTES));
    const secured = await secure(connection, {start, options, ports});
    // A name that was only heard of is compared as libp2p's other encrypters do.
    if (name !== undefined && !secured.remotePeer.equals(name))
      throw new UnavailableError("PEER_UNREACHABLE", "another peer answers at that address");
    return secured;
  },
  secureInbound: (connection, options) =>
    secure(connection, {start: startServer(ports.context(), ports.randomBytes(SERVER_RANDOM_BYTES)), options, ports}),
});

interface Handshake {
  readonly start: Progress;
  readonly options: SecureConnectionOptions | undefined;
  readonly ports: EncrypterPorts;
}

async function secure(connection: MessageStream, {start, options, ports}: Handshake): Promise<SecuredConnection> {
  const timeout = AbortSignal.timeout(HANDSHAKE_MS);
  const signal = options?.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const stream = lpStream(connection, {
    lengthEncoder: encodeSize,
    lengthDecoder: decodeSize,
    maxDataLength: HANDSHAKE_MAX_BYTES,
    maxBufferSize: 4 * HANDSHAKE_MAX_BYTES,
  });
  try {
    const secured = await run(start, stream, signal);
    const remotePeer = await ports.names.nameOf(secured.peer);
    ports.handshaken("ok");
    return {connection: new SealedStream(stream.unwrap(), secured, ports.nowMs), remotePeer};
  } catch (error) {
    ports.handshaken(error);
    const answer = refusalFor(error);
    if (answer !== null) await stream.write(answer, {signal}).catch(() => undefined);
    throw error;
  }
}

async function run(start: Progress, stream: ReturnType<typeof lpStream>, signal: AbortSignal): Promise<Secured> {
  for (let now = start; ; ) {
    if (now.send) await stream.write(now.send, {signal});
    if (now.secured) return now.secured;
    const message = await stream.read({signal});
    now = now.receive!(message.slice());
  }
}
