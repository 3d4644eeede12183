/** What parties of a quorum sign. Each names the roster under which it holds by its digest. */
import {blob, type FieldValue, fixed, flag, list, record, text, u32, u64} from "../../cbor/record.js";
import {ML_KEM_768} from "../../suite.js";
import {ELEMENT_BYTES} from "../element.js";
import {CUSTODIANS_MAX} from "./roster.js";
import {statement} from "./statement.js";

/** Most inputs and outputs of a program, together, and most of its secrets. */
export const WIRES_MAX = 4_096;
/** Field elements in one box. */
export const BOX_ELEMENTS_MAX = 3 * WIRES_MAX;
const digest = fixed(32);
const party = text({minBytes: 1, maxBytes: 63});
const elements = blob({max: WIRES_MAX * ELEMENT_BYTES});

/** Bytes that one party alone can read. */
export const box = record("qvm/box/1", {
  /** ML-KEM-768, to the receiver's key. */
  ciphertext: fixed(ML_KEM_768.ciphertextBytes),
  /** ChaCha20-Poly1305 under the secret in it. */
  sealed: blob({min: 16, max: BOX_ELEMENTS_MAX * ELEMENT_BYTES + 16}),
});
export type Box = FieldValue<typeof box>;

/** A custodian lets a program run, until a time. */
export const approval = statement(
  "qvm/approve/1",
  record("qvm/approve/1", {
    roster: digest,
    programId: digest,
    version: text({maxBytes: 256}),
    custodian: u32,
    /** Milliseconds since 1970. */
    notAfterMs: u64,
  }),
);

/** A custodian takes its word for a program back, or gives it again; of two the later holds. */
export const withdrawal = statement(
  "qvm/withdraw/1",
  record("qvm/withdraw/1", {
    roster: digest,
    programId: digest,
    custodian: u32,
    withdrawn: flag,
    /** Milliseconds since 1970. */
    timeMs: u64,
  }),
);

/** The owner of a program's secrets gives each custodian its shares. */
export const deposit = statement(
  "qvm/deposit/1",
  record("qvm/deposit/1", {roster: digest, programId: digest, owner: party, boxes: list(box, CUSTODIANS_MAX)}),
);

/** Evaluations that one request of masks is for at most. */
export const EVALUATIONS_MAX = 32;

/** A client asks for masks of its inputs and outputs, for one evaluation or several. */
export const maskRequest = statement(
  "qvm/masks/2",
  record("qvm/masks/2", {
    roster: digest,
    programId: digest,
    client: party,
    nonce: digest,
    notAfterMs: u64,
    evaluations: u32,
    /** ML-KEM-768, of this request alone. */
    sealingKey: fixed(ML_KEM_768.publicKeyBytes),
  }),
);

/** A custodian's shares of masks of all evaluations, one after the other, sealed to the client. */
export const maskShares = statement(
  "qvm/mask-shares/1",
  record("qvm/mask-shares/1", {request: digest, custodian: u32, epoch: u64, first: u64, count: u32, box}),
);

/** A client asks for evaluations of a program, side by side. */
export const ticket = statement(
  "qvm/eval/2",
  record("qvm/eval/2", {
    roster: digest,
    programId: digest,
    client: party,
    nonce: digest,
    notAfterMs: u64,
    /** Digest of the request that the masks were given for. */
    request: digest,
    /** Under which the masks were made, and number of the first of them. */
    epoch: u64,
    firstMask: u64,
    evaluations: u32,
    /** Inputs in their order, each less its mask, of one evaluation after the other. */
    masked: elements,
  }),
);

/** A custodian's word on what a ticket gave: outputs of all evaluations in their order, each with its mask on. */
export const result = statement(
  "qvm/result/1",
  record("qvm/result/1", {ticket: digest, custodian: u32, masked: elements}),
);

/** A custodian has what a job made on its disk, beside what it had, and will use it once all have. */
export const prepared = statement("qvm/prepared/1", record("qvm/prepared/1", {job: digest, custodian: u32}));
