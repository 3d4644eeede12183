/** Keystore v1 and what recovery words derive. */
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {keystore, sealedKeyOf} from "../../../src/codecs/keystore.js";
import {capsuleKey, capsuleLocator, recoverySeed} from "../../../src/codecs/recovery.js";
import {DecodeError} from "../../../src/errors.js";
import {unsealKey} from "../../../src/node/keys/keystore.js";
import {type Adapters, byKind, type Input} from "../case.js";

const sealedOf = (input: Input) =>
  sealedKeyOf(keystore.readCompat(utf8(JSON.stringify(input.object("keystore").json))));

/** Whether `work` is refused. */
async function isRefused(work: () => unknown): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (error instanceof DecodeError) return true;
    throw error;
  }
}

export const keystoreAdapters: Adapters = {
  "keystore v1 decryption/validation and recovery-entropy derivations": byKind({
    async decrypt(input) {
      const sealed = sealedOf(input);
      const passphrase = input.text("passphrase");
      return {
        address: sealed.address,
        private_key: hexOf(await unsealKey(sealed, passphrase)),
        wrong_passphrase_fails: await isRefused(() => unsealKey(sealed, `${passphrase}x`)),
      };
    },
    validate_rejects: async (input) => ({valid: !(await isRefused(() => sealedOf(input)))}),
    recovery_derivation(input) {
      const entropy = input.bytes("entropy");
      return {
        mldsa87_seed: hexOf(recoverySeed(entropy)),
        legacy_capsule_aes_key: hexOf(capsuleKey(entropy)),
        legacy_locator: capsuleLocator(entropy),
      };
    },
  }),
};
