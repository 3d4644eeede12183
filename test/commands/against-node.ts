/** Runs commands of the program in memory against a node behind a real port. */
import {utf8} from "../../src/codecs/bytes.js";
import {sha3} from "../../src/codecs/hash.js";
import {run} from "../../src/commands/run.js";
import {createKeystore} from "../../src/node/keys/keystore.js";
import {mlDsa87, type TestAccount} from "../support/accounts.js";
import {type MemoryHost, type MemoryOptions, memoryHost} from "./memory-host.js";

export const PASSPHRASE = "correct horse";
const WALLET = "/home/u/.qsdm/wallet.json";

/** Keystore of a test account, sealed under `PASSPHRASE`. */
export async function keystoreOf(name: string): Promise<Uint8Array> {
  let first = true;
  const randomBytes = (size: number): Uint8Array => {
    const bytes = first ? sha3(utf8(`account ${name}`)) : new Uint8Array(size).fill(9);
    first = false;
    return bytes;
  };
  return (await createKeystore(PASSPHRASE, {scheme: mlDsa87, randomBytes, now: () => 0})).file;
}

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly host: MemoryHost;
}

export interface DeskOptions extends MemoryOptions {
  readonly input?: Uint8Array | string;
  /** Called before the command runs, for example to send it a signal later. */
  onHost?(host: MemoryHost): void;
}

export interface Desk {
  /** Runs one command; `input` is what standard input brings before it ends. */
  qsdm(line: string, options?: DeskOptions): Promise<Ran>;
}

/** A place with a wallet, its passphrase and a node. */
export function deskOf(
  apiUrl: string,
  keystore: Uint8Array,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Desk {
  return {
    async qsdm(line, {input, onHost, ...options} = {}) {
      const host = memoryHost({
        ...options,
        argv: line.split(" ").filter((word) => word !== ""),
        env: {QSDM_API_URL: apiUrl, ...options.env},
        files: {[WALLET]: keystore, "/pass": `${PASSPHRASE}\n`, ...files, ...options.files},
      });
      if (input !== undefined) host.input.end(input);
      onHost?.(host);
      const status = await run(host);
      return {status, out: host.out(), err: host.err(), host};
    },
  };
}

/** Hex of the seed from which a test account's keys derive. */
export const seedOf = (name: string): Uint8Array => sha3(utf8(`account ${name}`));
export type {TestAccount};
