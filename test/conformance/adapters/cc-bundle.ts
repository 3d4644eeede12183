/** Confidential-computing bundles, their preimage, versions and roots. */
import {hexOf} from "../../../src/codecs/bytes.js";
import {type CcBundle, encodeCcBundle, readCcBundleCompat} from "../../../src/codecs/mining/cc-bundle.js";
import {ccPreimage, compareDotted} from "../../../src/codecs/mining/cc-quote.js";
import {decodePinnedRoots} from "../../../src/codecs/mining/cc-roots.js";
import {type Adapters, byOperation, type Input, type Output} from "../case.js";

export function ccBundleOf(input: Input): CcBundle {
  const [quote, pcr] = [input.object("quote"), input.object("pcr")];
  return {
    deviceUuid: input.text("device_uuid"),
    certChain: input.has("cert_chain") ? input.texts("cert_chain") : [],
    quote: {
      challengeNonce: quote.text("challenge_nonce"),
      issuedAt: quote.big("issued_at"),
      challengeSignerId: quote.text("challenge_signer_id"),
      challengeSig: quote.text("challenge_sig"),
      signature: quote.text("signature"),
    },
    pcr: {firmwareVer: pcr.text("firmware_ver"), driverVer: pcr.text("driver_ver")},
  };
}

const ccBundleShape = ({deviceUuid, certChain, quote, pcr}: CcBundle): Output => ({
  device_uuid: deviceUuid,
  cert_chain: certChain,
  quote: {
    challenge_nonce: quote.challengeNonce,
    issued_at: String(quote.issuedAt),
    challenge_signer_id: quote.challengeSignerId,
    challenge_sig: quote.challengeSig,
    signature: quote.signature,
  },
  pcr: {firmware_ver: pcr.firmwareVer, driver_ver: pcr.driverVer},
});

export const ccBundleAdapters: Adapters = {
  "mining.attest.cc: bundle codec, preimage, version compare and root loading": byOperation({
    encode: (input) => ({bundle_base64: encodeCcBundle(ccBundleOf(input.object("bundle")))}),
    parse: (input) => ({bundle: ccBundleShape(readCcBundleCompat(input.text("bundle_base64")))}),
    preimage: (input) => ({
      preimage_hex: hexOf(
        ccPreimage({
          deviceUuid: input.text("device_uuid"),
          nonce: input.bytes("challenge_nonce"),
          issuedAt: input.big("issued_at"),
          minerAddr: input.text("miner_addr"),
          batchRoot: input.bytes("batch_root"),
          mixDigest: input.bytes("mix_digest"),
          challengeSignerId: input.text("challenge_signer_id"),
          challengeSig: input.bytes("challenge_sig"),
        }),
      ),
    }),
    compare_dotted: (input) => ({result: compareDotted(input.text("a"), input.text("b"))}),
    decode_roots: (input) => ({
      roots: decodePinnedRoots(input.bytes("file_hex"), input.text("path")).map(({der, subject}) => ({
        der_hex: hexOf(der),
        subject,
      })),
    }),
  }),
};
