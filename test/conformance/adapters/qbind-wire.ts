/** `domains`, `signing-preimages`, `wire-consensus` and `digests` of QBIND: bytes that are read and never spoken. */
import {hexOf} from "../../../src/codecs/bytes.js";
import {sha3} from "../../../src/codecs/hash.js";
import {
  batchCertificate,
  batchCommitment,
  batchContent,
  batchDigests,
  batchReferences,
} from "../../../src/codecs/qbind/batch.js";
import {
  certificate,
  type ProposalContent,
  proposal,
  type QbindCertificate,
  type QbindVote,
  vote,
} from "../../../src/codecs/qbind/consensus.js";
import {
  accountTransaction,
  accountTransactionDigest,
  nodeId,
  txId,
  voteDigest,
} from "../../../src/codecs/qbind/digests.js";
import {networkCertificate, networkCertificateDigest} from "../../../src/codecs/qbind/kemtls.js";
import {
  chainText,
  type Preimage,
  type PreimageKind,
  prefixOf,
  preimage,
  scopeOf,
} from "../../../src/codecs/qbind/preimage.js";
import {type Adapter, type Adapters, Input, type Output, refusalOf, UnknownCase} from "../case.js";

/** An adapter by `input.type`. */
export const byType =
  (types: Readonly<Record<string, (input: Input) => Output>>): Adapter =>
  (input) => {
    const run = types[input.text("type")];
    if (run === undefined) throw new UnknownCase(`no adapter for type "${input.text("type")}"`);
    return run(input);
  };

const position = (value: Input) => ({
  version: value.number("version"),
  chainId: value.number("chainId"),
  epoch: value.big("epoch"),
  height: value.big("height"),
  round: value.big("round"),
});

const voteOf = (value: Input): QbindVote => ({
  ...position(value),
  step: value.number("step"),
  blockId: value.bytes("blockId"),
  validatorIndex: value.number("validatorIndex"),
  suiteId: value.number("suiteId"),
  signature: value.bytes("signature"),
});

const bytesOf = (hex: string): Uint8Array => new Input({hex}).bytes("hex");

const certificateOf = (value: Input): QbindCertificate => ({
  ...position(value),
  step: value.number("step"),
  blockId: value.bytes("blockId"),
  suiteId: value.number("suiteId"),
  signerBitmap: value.bytes("signerBitmap"),
  signatures: value.texts("signatures").map(bytesOf),
});

function proposalOf(value: Input): ProposalContent {
  const header = value.object("header");
  return {
    header: {
      ...position(header),
      parentBlockId: header.bytes("parentBlockId"),
      payloadHash: header.bytes("payloadHash"),
      proposerIndex: header.number("proposerIndex"),
      suiteId: header.number("suiteId"),
      txCount: header.number("txCount"),
      timestamp: header.big("timestamp"),
      payloadKind: header.number("payloadKind"),
      nextEpoch: header.big("nextEpoch"),
      batchCommitment: header.bytes("batchCommitment"),
    },
    qc: value.has("qc") ? certificateOf(value.object("qc")) : null,
    txs: value.texts("txs").map(bytesOf),
  };
}

/** What was encoded, after a reader gave the same back. */
export function written<T>(codec: {encode(value: T): Uint8Array; decode(bytes: Uint8Array): T}, value: T): string {
  const bytes = codec.encode(value);
  const again = hexOf(codec.encode(codec.decode(bytes)));
  return again === hexOf(bytes) ? again : "reads back as something else";
}

const wire = byType({
  vote: (input) => ({hex: written(vote, voteOf(input.object("value")))}),
  qc: (input) => ({hex: written(certificate, certificateOf(input.object("value")))}),
  proposal(input) {
    const value = input.object("value");
    return {hex: written(proposal, {...proposalOf(value), signature: value.bytes("signature")})};
  },
  voteDecode: (input) => ({ok: refusalOf(() => vote.decode(input.bytes("hex"))) === null, remainingBytes: null}),
  proposalDecode: (input) => ({ok: refusalOf(() => proposal.decode(input.bytes("hex"))) === null}),
});

const chainOf = (input: Input): bigint => BigInt(input.text("chainId"));

function domains(input: Input): Output {
  const chain = chainOf(input);
  const prefixAscii = prefixOf(scopeOf(chain), input.text("kind") as PreimageKind | "NEWVIEW");
  const prefixHex = hexOf(new TextEncoder().encode(prefixAscii));
  return {chainDisplay: chainText(chain), scope: scopeOf(chain), prefixAscii, prefixHex};
}

const signed = (
  chain: bigint,
  message: {readonly [K in PreimageKind]: Omit<Extract<Preimage, {kind: K}>, "scope">}[PreimageKind],
): string => written(preimage, {scope: scopeOf(chain), ...message} as Preimage);

const txContent = (input: Input) => ({
  sender: input.bytes("sender"),
  nonce: input.big("nonce"),
  payload: input.bytes("payload"),
  suiteId: input.number("suiteId"),
});

const DEVNET = 0x5142_4e44_4445_5600n;

/** A batch over the preimages of its transactions on `chain`. */
const batchOn = (chain: bigint, input: Input) => ({
  creator: input.big("creator"),
  viewHint: input.big("viewHint"),
  parents: input.objects("parents").map((each) => ({creator: each.big("creator"), batchId: each.bytes("batchId")})),
  transactions: input
    .objects("txs")
    .map((each) => preimage.encode({scope: scopeOf(chain), kind: "TX", content: txContent(each)})),
});

function batch(input: Input): Output {
  const chain = chainOf(input);
  const {creator, viewHint} = batchOn(chain, input);
  const {parents, transactions} = batchDigests(batchOn(chain, input));
  const preimageHex = signed(chain, {kind: "BATCH", content: {creator, viewHint, parents, transactions}});
  // The reference names batches of every chain by the preimages of its test network.
  const named = batchOn(DEVNET, input);
  written(batchContent, named);
  return {preimageHex, batchId: hexOf(batchDigests(named).batchId)};
}

const timeoutContent = (input: Input, high: Input | null) => ({
  view: input.big("view"),
  highBlockId: high?.bytes("blockId") ?? new Uint8Array(32),
  highView: high?.big("view") ?? 0n,
  validatorId: input.big("validatorId"),
});

const preimages = byType({
  vote(input) {
    const {signature: _signature, ...content} = voteOf(input.object("value"));
    return {preimageHex: signed(chainOf(input), {kind: "VOTE", content})};
  },
  proposal: (input) => ({
    preimageHex: signed(chainOf(input), {kind: "PROPOSAL", content: proposalOf(input.object("value"))}),
  }),
  timeout(input) {
    const content = timeoutContent(input, input.has("highQc") ? input.object("highQc") : null);
    return {preimageHex: signed(chainOf(input), {kind: "TIMEOUT", content})};
  },
  tx: (input) => ({preimageHex: signed(chainOf(input), {kind: "TX", content: txContent(input)})}),
  batch,
  batchAck: (input) => ({
    preimageHex: signed(chainOf(input), {
      kind: "BATCH_ACK",
      content: {
        creator: input.big("creator"),
        batchId: input.bytes("batchId"),
        validatorId: input.big("validatorId"),
        viewHint: input.big("viewHint"),
      },
    }),
  }),
  timeoutCollision(input) {
    const zero = new Input({blockId: "00".repeat(32), view: 0});
    const [none, ofZero] = [null, zero].map((high) =>
      signed(chainOf(input), {kind: "TIMEOUT", content: timeoutContent(input, high)}),
    );
    return {preimageHex: none, identical: none === ofZero};
  },
});

function networkCertificateOf(input: Input): Output {
  const value = {
    version: input.number("version"),
    validatorId: input.bytes("validatorId"),
    rootKeyId: input.bytes("rootKeyId"),
    leafKemSuiteId: input.number("leafKemSuiteId"),
    leafKemPk: input.bytes("leafKemPk"),
    notBefore: input.big("notBefore"),
    notAfter: input.big("notAfter"),
    ext: input.bytes("ext"),
    sigSuiteId: input.number("sigSuiteId"),
    sig: input.bytes("sig"),
  };
  const encoded = networkCertificate.encode(value);
  return {
    encodedHex: written(networkCertificate, value),
    digest: hexOf(networkCertificateDigest(value)),
    nodeId: hexOf(nodeId(encoded)),
  };
}

const digests = byType({
  voteDigest: (input) => ({digest: hexOf(voteDigest(voteOf(input.object("value"))))}),
  batchCommitment(input) {
    const refs = input.objects("refs").map((each) => ({
      creator: each.big("creator"),
      batchId: each.bytes("batchId"),
      certificateDigest: each.bytes("certDigest"),
    }));
    const all = written(batchReferences, refs);
    const {digests: refDigests, commitment} = batchCommitment(refs);
    return {
      commitment: hexOf(commitment),
      firstCanonicalBytes: refs.length === 0 ? null : all.slice(0, 2 * 72),
      refHashes: refDigests.map(hexOf),
    };
  },
  certDigest(input) {
    const value = {
      creator: input.big("creator"),
      batchId: input.bytes("batchId"),
      view: input.big("view"),
      signers: input.list("signersInOrder").map((signer) => BigInt(signer as number)),
    };
    return {digest: hexOf(sha3(bytesOf(written(batchCertificate, value))))};
  },
  txId: (input) => ({txId: hexOf(txId({sender: input.bytes("sender"), nonce: input.big("nonce")}))}),
  nodeIdFromKemPk: (input) => ({nodeId: hexOf(nodeId(input.bytes("kemPk")))}),
  networkDelegationCert: networkCertificateOf,
  legacyTxDigest(input) {
    const preimageHex = written(accountTransaction, {
      version: input.number("version"),
      chainId: input.number("chainId"),
      payer: input.bytes("payer"),
      nonce: input.big("nonce"),
      feeLimit: input.big("feeLimit"),
      accounts: input.objects("accounts").map((each) => ({
        accountId: each.bytes("accountId"),
        flags: each.number("flags"),
        accessHint: each.number("accessHint"),
        reserved: each.bytes("reserved"),
      })),
      programId: input.bytes("programId"),
      callData: input.bytes("callData"),
    });
    return {preimageHex, digest: hexOf(accountTransactionDigest(bytesOf(preimageHex)))};
  },
});

export const qbindWireAdapters: Adapters = {
  domains,
  "signing-preimages": preimages,
  "wire-consensus": wire,
  digests,
};
