/** Keys and shares of secrets, of which a job prepares new ones beside those in use, and certificates of such jobs. */
import {concat, plain} from "../../../codecs/bytes.js";
import {decodeElements, encodeElements} from "../../../codecs/quorum/element.js";
import {type Certificate, certificateCodec} from "../../../codecs/quorum/strict/calls.js";
import type {Keys, Sharing} from "../../quorum/strict/store.js";
import type {PreparedStatements} from "./prepared-statements.js";

const KEY_BYTES = 32;

const nothingKnown = () => ({keys: null as Keys | null, sharings: new Map<string, Sharing>()});

export class SecretTable {
  /** What was read and has not been written since. */
  #known = nothingKnown();

  /** @param sql of a database that overwrites what is deleted */
  constructor(private readonly sql: PreparedStatements) {}

  keys(): Keys | null {
    this.#known.keys ??= this.#readKeys();
    return this.#known.keys;
  }

  pending(): bigint {
    const [row] = this.sql.rows<{epoch: bigint | null}>("SELECT max(epoch) AS epoch FROM keyset WHERE NOT used");
    return row?.epoch ?? 0n;
  }

  #readKeys(): Keys | null {
    const [row] = this.sql.rows<{epoch: bigint; sets: Buffer; alpha: Buffer}>(
      "SELECT epoch, sets, alpha FROM keyset WHERE used",
    );
    if (!row) return null;
    const sets = Array.from({length: row.sets.length / KEY_BYTES}, (_, at) =>
      plain(row.sets).slice(at * KEY_BYTES, (at + 1) * KEY_BYTES),
    );
    return {epoch: row.epoch, sets, alpha: decodeElements(row.alpha, 1)[0]!};
  }

  sharing(programId: string): Sharing | null {
    const sharing = this.#known.sharings.get(programId) ?? this.#readSharing(programId);
    if (sharing) this.#known.sharings.set(programId, sharing);
    return sharing;
  }

  #readSharing(programId: string): Sharing | null {
    const [row] = this.sql.rows<{job: Buffer; run: bigint; epoch: bigint}>(
      "SELECT job, run, epoch FROM sharing WHERE program_id = ? AND used",
      programId,
    );
    if (!row) return null;
    const secrets = this.sql.rows<{name: string; value: Buffer}>(
      "SELECT name, value FROM secret WHERE job = ? AND program_id = ?",
      row.job,
      programId,
    );
    const pairs = secrets.map(({name, value}) => {
      const [share = 0n, mac = 0n] = decodeElements(value, 2);
      return [name, {share, mac}] as const;
    });
    return {programId, run: row.run, epoch: row.epoch, secrets: new Map(pairs)};
  }

  /** Within a transaction. */
  prepare(job: Uint8Array, keys: Keys | null, sharings: readonly Sharing[]): void {
    if (keys)
      this.sql.run(
        "INSERT INTO keyset (job, epoch, sets, alpha, used) VALUES (?, ?, ?, ?, 0)",
        job,
        keys.epoch,
        concat(...keys.sets),
        encodeElements([keys.alpha]),
      );
    for (const {programId, run, epoch, secrets} of sharings) {
      this.sql.run(
        "INSERT INTO sharing (job, program_id, run, epoch, used) VALUES (?, ?, ?, ?, 0)",
        job,
        programId,
        run,
        epoch,
      );
      for (const [name, {share, mac}] of secrets)
        this.sql.run(
          "INSERT INTO secret (job, program_id, name, value) VALUES (?, ?, ?, ?)",
          job,
          programId,
          name,
          encodeElements([share, mac]),
        );
    }
  }

  /**
   * Within a transaction, after which what is known has to be forgotten.
   * @param clearOthers erases what else is under the keys of before, where new ones come into use
   */
  commit(job: Uint8Array, clearOthers: () => void): boolean {
    const [keyset] = this.sql.rows<{epoch: bigint; used: bigint}>("SELECT epoch, used FROM keyset WHERE job = ?", job);
    if (keyset) {
      if (keyset.used) return true;
      this.sql.run("DELETE FROM keyset WHERE epoch < ?", keyset.epoch);
      this.sql.run("DELETE FROM sharing WHERE epoch < ?", keyset.epoch);
      clearOthers();
      this.sql.run("UPDATE keyset SET used = 1 WHERE job = ?", job);
      this.sql.run("UPDATE sharing SET used = 1 WHERE job = ?", job);
      return true;
    }
    const [sharing] = this.sql.rows<{epoch: bigint; used: bigint}>(
      "SELECT epoch, used FROM sharing WHERE job = ?",
      job,
    );
    if (!sharing || sharing.epoch !== this.keys()?.epoch) return false;
    if (sharing.used) return true;
    // What is prepared under keys to come stays: it is all that is left once these are used.
    this.sql.run(
      `DELETE FROM sharing WHERE job <> ? AND epoch = ? AND
          program_id IN (SELECT program_id FROM sharing WHERE job = ?)`,
      job,
      sharing.epoch,
      job,
    );
    this.sql.run("UPDATE sharing SET used = 1 WHERE job = ?", job);
    return true;
  }

  /** Within a transaction. */
  saveCertificate(certificate: Certificate): void {
    const {kind, run} = certificate.job;
    if (kind === "refresh") this.sql.run("DELETE FROM certificate WHERE run < ?", run);
    this.sql.run(
      "INSERT OR REPLACE INTO certificate (run, certificate) VALUES (?, ?)",
      run,
      certificateCodec.encode(certificate),
    );
  }

  certificate(run: bigint): Certificate | null {
    const [row] = this.sql.rows<{certificate: Buffer}>("SELECT certificate FROM certificate WHERE run = ?", run);
    return row ? certificateCodec.decode(plain(row.certificate)) : null;
  }

  /** Within a transaction, after which what is known has to be forgotten. */
  clear(): void {
    for (const table of ["keyset", "sharing", "certificate"]) this.sql.run(`DELETE FROM ${table}`);
  }

  /** Keys and shares are read again. */
  forgetKnown(): void {
    this.#known = nothingKnown();
  }
}
