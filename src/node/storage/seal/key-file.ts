/** The key of a store under a passphrase. The passphrase can change and the key stays: no row is written anew. */
import {randomBytes, scrypt} from "node:crypto";
import {plain, utf8} from "../../../codecs/bytes.js";
import {
  STORE_KEY_ID_BYTES,
  STORE_KEY_LOG_N,
  STORE_KEY_SALT_BYTES,
  type StoreKey,
  storeKey,
  storeKeyHead,
} from "../../../codecs/store-key.js";
import {DecodeError} from "../../../errors.js";
import {checkPassphrase} from "../../keys/keystore.js";
import {type Cells, sealedCells} from "./cells.js";
import {createXaes, XAES_KEY_BYTES} from "./xaes.js";

/**
 * A new key under `passphrase`, as a file.
 * @param logN what a guess costs: 128 MiB, and less in tests alone
 * @throws UsageError PASSPHRASE_EMPTY
 */
export async function createStoreKey(passphrase: string, logN: number = STORE_KEY_LOG_N.now): Promise<Uint8Array> {
  checkPassphrase(passphrase);
  const keyId = plain(randomBytes(STORE_KEY_ID_BYTES));
  return sealed({keyId, logN}, plain(randomBytes(XAES_KEY_BYTES)), passphrase);
}

/** What the key in `file` seals and opens. @throws DecodeError STORE_KEY_INVALID, PASSPHRASE_WRONG */
export async function openStoreKey(file: Uint8Array, passphrase: string): Promise<Cells> {
  const key = storeKey.decode(file);
  const dataKey = await opened(key, passphrase);
  try {
    return sealedCells(key.keyId, dataKey);
  } finally {
    dataKey.fill(0);
  }
}

/** The same key under another passphrase, as a file. @throws as `openStoreKey`; UsageError PASSPHRASE_EMPTY */
export async function resealStoreKey(
  file: Uint8Array,
  {current, next}: {readonly current: string; readonly next: string},
): Promise<Uint8Array> {
  checkPassphrase(next);
  const key = storeKey.decode(file);
  const logN = Math.max(key.logN, STORE_KEY_LOG_N.now);
  return sealed({keyId: key.keyId, logN}, await opened(key, current), next);
}

/** Values of a store that is gone with this process, under a key that nobody has. */
export const passingCells = (): Cells => sealedCells(randomBytes(STORE_KEY_ID_BYTES), randomBytes(XAES_KEY_BYTES));

async function sealed(
  named: Pick<StoreKey, "keyId" | "logN">,
  dataKey: Uint8Array,
  passphrase: string,
): Promise<Uint8Array> {
  const head = {...named, salt: plain(randomBytes(STORE_KEY_SALT_BYTES))};
  const wrapping = createXaes(await wrappingKey(passphrase, head));
  const file = storeKey.encode({...head, sealed: wrapping.seal(dataKey, boundTo(head))});
  dataKey.fill(0);
  return file;
}

async function opened(key: StoreKey, passphrase: string): Promise<Uint8Array> {
  const dataKey = createXaes(await wrappingKey(passphrase, key)).open(key.sealed, boundTo(key));
  if (dataKey === null)
    throw new DecodeError("PASSPHRASE_WRONG", "the passphrase does not open chain.key, or the file is damaged", {
      hint: "try the passphrase again; if it is right, restore the file from a copy",
    });
  return dataKey;
}

const boundTo = (head: Omit<StoreKey, "sealed">): Uint8Array => utf8(JSON.stringify(storeKeyHead(head)));

const wrappingKey = (passphrase: string, {logN, salt}: Pick<StoreKey, "logN" | "salt">): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const cost = {N: 2 ** logN, r: 8, p: 1};
    // What the function takes, and a little.
    const maxmem = 128 * cost.r * (cost.N + 8);
    scrypt(passphrase.normalize("NFKC"), salt, XAES_KEY_BYTES, {...cost, maxmem}, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
