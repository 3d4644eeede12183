/** Evidence in a directory, one file for each offence, and beside it who has sent it in. */
import {join} from "node:path";
import {parseJson} from "../../../codecs/api/json.js";
import {decimal, object, text, type ValueOf} from "../../../codecs/api/shape.js";
import {textOf, utf8} from "../../../codecs/bytes.js";
import {DecodeError, QsdmError} from "../../../errors.js";
import type {Disk} from "../../disk.js";

/** A slash that was, or is about to be, submitted. */
const claim = object({txId: text, sender: text, expiresAtHeight: decimal});
export type Claim = ValueOf<typeof claim>;

const CLAIM_MAX_BYTES = 4_096;
const isTaken = (error: unknown): boolean => error instanceof QsdmError && error.code === "FILE_EXISTS";

/** Names are made of what a node tells: none may lead out of the directory. */
function checkName(name: string): void {
  if (!/^[a-z0-9_-]{1,160}$/.test(name))
    throw new DecodeError("OFFENCE_NAME_INVALID", "the node told of a proof with names that no proof has", {
      hint: "follow another node",
    });
}

export class EvidenceDir {
  constructor(
    private readonly disk: Disk,
    private readonly directory: string,
  ) {}

  /** @throws DecodeError OFFENCE_NAME_INVALID for what no node id and no proof id can amount to */
  path(name: string): string {
    checkName(name);
    return join(this.directory, `${name}.evidence`);
  }

  /** Writes evidence; what another watcher has written first stays. Returns whether it is new. */
  async keep(name: string, evidence: Uint8Array): Promise<boolean> {
    return this.#create(this.path(name), evidence);
  }

  /** Claims an offence for one transaction; false when somebody has. */
  async claim(name: string, made: Claim): Promise<boolean> {
    return this.#create(this.#claimPath(name), utf8(`${claim.write(made)}\n`));
  }

  /** Puts another claim in the place of one that came to nothing. */
  async replaceClaim(name: string, made: Claim): Promise<void> {
    await this.disk.write(this.#claimPath(name), utf8(`${claim.write(made)}\n`), {mode: 0o600, replace: true});
  }

  /** The claim on an offence; one that cannot be read has expired. */
  async claimOn(name: string): Promise<Claim | null> {
    if (!(await this.disk.exists(this.#claimPath(name)))) return null;
    try {
      return claim.read(parseJson(textOf(await this.disk.read(this.#claimPath(name), CLAIM_MAX_BYTES))), "claim");
    } catch (error) {
      if (error instanceof QsdmError && error.code !== "DISK_UNAVAILABLE")
        return {txId: "", sender: "", expiresAtHeight: 0n};
      throw error;
    }
  }

  #claimPath(name: string): string {
    checkName(name);
    return join(this.directory, `${name}.slash`);
  }

  async #create(path: string, bytes: Uint8Array): Promise<boolean> {
    try {
      await this.disk.write(path, bytes, {mode: 0o600, replace: false});
      return true;
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
  }
}
