/**
 * Signatures checked ahead of the rules, which are synchronous. The rules run once with a verifier that takes every
 * signature it does not know and notes it; what was noted is checked on the pool's threads, together with what others
 * noted in the same turn; then the rules run again and find the answers. So what they refuse, and in which order, is
 * the same as without threads.
 */
import type {VerifySignature} from "../codecs/suite.js";
import {QsdmError} from "../errors.js";
import type {SignedMessage} from "./compute/ml-dsa.js";
import type {ComputePool} from "./compute/pool.js";
import {rememberValid, signatureId, ValidSignatures} from "./signature-cache.js";

/** Signatures of one job. More would keep a thread from what is wanted sooner. */
const JOB_MAX = 128;
/** Signatures that fill the lanes of a thread. */
const JOB_MIN = 8;
/** Signatures that a device gets at once. */
const DEVICE_JOB_MAX = 8_192;

/** Where batches of ML-DSA-87 go. */
export type SignaturePool = Pick<ComputePool, "threads" | "mlDsaVerify" | "deviceFrom">;

interface Asked {
  readonly signed: SignedMessage;
  settle(valid: boolean): void;
  fail(error: unknown): void;
}

export class SignatureDesk {
  /** Answers at once, on the caller's thread, from memory where it can. */
  readonly verify: VerifySignature;
  readonly #valid: ValidSignatures;
  readonly #asked: Asked[] = [];
  #checked = 0;

  /** @param pool null checks on the caller's thread, when the rules ask */
  constructor(
    verify: VerifySignature,
    private readonly pool: SignaturePool | null,
    valid = new ValidSignatures(),
  ) {
    this.verify = rememberValid((...signature) => {
      this.#checked++;
      return verify(...signature);
    }, valid);
    this.#valid = valid;
  }

  /** Signatures that were checked, here or on threads; what was known already is none of them. */
  get checked(): number {
    return this.#checked;
  }

  /**
   * A verifier that knows what `rules` will ask of it.
   * @throws what `rules` refuse before they ask for a signature; UnavailableError COMPUTE_BUSY, COMPUTE_CLOSED
   */
  async ahead(rules: (verify: VerifySignature) => unknown): Promise<VerifySignature> {
    if (!this.pool) return this.verify;
    const noted = new Map<string, SignedMessage>();
    try {
      rules((publicKey, message, signature) => {
        const id = signatureId(publicKey, message, signature);
        if (!this.#valid.has(id)) noted.set(id, {publicKey, message, signature});
        return true;
      });
    } catch (error) {
      // What is refused after a signature was taken on trust may be refused otherwise once it is known.
      if (noted.size === 0 || !(error instanceof QsdmError)) throw error;
    }
    const checked = await Promise.all(
      [...noted].map(async ([id, signed]) => [id, await this.#check(id, signed)] as const),
    );
    const known = new Map(checked);
    return (...signature) => known.get(signatureId(...signature)) ?? this.verify(...signature);
  }

  async #check(id: string, signed: SignedMessage): Promise<boolean> {
    const valid = await new Promise<boolean>((settle, fail) => {
      if (this.#asked.push({signed, settle, fail}) === 1) setImmediate(() => this.#flush());
    });
    if (valid) this.#valid.note(id);
    return valid;
  }

  #flush(): void {
    const all = this.#asked.splice(0);
    const {threads, deviceFrom = Number.POSITIVE_INFINITY} = this.pool!;
    const shared = Math.min(JOB_MAX, Math.max(JOB_MIN, Math.ceil(all.length / threads)));
    const size = all.length >= deviceFrom ? DEVICE_JOB_MAX : shared;
    for (let at = 0; at < all.length; at += size) this.#submit(all.slice(at, at + size));
  }

  #submit(batch: readonly Asked[]): void {
    this.#checked += batch.length;
    this.pool!.mlDsaVerify(
      87,
      batch.map(({signed}) => signed),
    ).then(
      (verdicts) => {
        for (const [at, {settle}] of batch.entries()) settle(verdicts[at]!);
      },
      (error) => {
        for (const {fail} of batch) fail(error);
      },
    );
  }
}
