/**
 * Reports of AMD SEV-SNP by Linux's configfs-tsm: a directory is a request, bytes that are written to `inblob` make the report
 * that `outblob` reads, and `generation` tells whether somebody else wrote meanwhile.
 * Source: Linux, Documentation/ABI/testing/configfs-tsm-report.
 */
import {randomUUID} from "node:crypto";
import {mkdir, readFile, rmdir, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {plain, textOf} from "../../../codecs/bytes.js";
import {type SnpEvidence, snpEvidence} from "../../../codecs/quorum/strict/attestation.js";
import {UnavailableError} from "../../../errors.js";
import type {AttestationDriver} from "./driver.js";

const FOLDER = "/sys/kernel/config/tsm/report";
const PROVIDER = "sev_guest";

/** The calls to the file system that a report takes. */
export interface ReportFiles {
  mkdir(path: string): Promise<unknown>;
  rmdir(path: string): Promise<unknown>;
  write(path: string, bytes: Uint8Array): Promise<unknown>;
  read(path: string): Promise<Uint8Array>;
}

const KERNEL: ReportFiles = {
  mkdir: (path) => mkdir(path),
  rmdir: (path) => rmdir(path),
  write: (path, bytes) => writeFile(path, bytes),
  read: async (path) => plain(await readFile(path)),
};

export function snpDriver(
  certificates: Omit<SnpEvidence, "report">,
  files: ReportFiles = KERNEL,
  folder = FOLDER,
): AttestationDriver {
  return {
    kind: "sev-snp",
    async collect(userData) {
      const request = join(folder, `qsdm-${randomUUID()}`);
      try {
        await files.mkdir(request);
      } catch (cause) {
        return unavailable("the kernel takes no request for a report", cause);
      }
      try {
        return snpEvidence.encode({report: await reportIn(request, userData, files), ...certificates});
      } catch (cause) {
        if (cause instanceof UnavailableError) throw cause;
        return unavailable("the machine gave no report", cause);
      } finally {
        await files.rmdir(request).catch(() => undefined);
      }
    },
  };
}

async function reportIn(request: string, userData: Uint8Array, files: ReportFiles): Promise<Uint8Array> {
  const text = async (name: string): Promise<string> => textOf(await files.read(join(request, name))).trim();
  await files.write(join(request, "inblob"), userData);
  const provider = await text("provider");
  if (provider !== PROVIDER) unavailable(`reports of this machine are by ${provider}, not by ${PROVIDER}`);
  const before = await text("generation");
  const report = await files.read(join(request, "outblob"));
  if ((await text("generation")) !== before) unavailable("somebody else wrote to the request meanwhile");
  return report;
}

function unavailable(why: string, cause?: unknown): never {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  throw new UnavailableError("ATTESTATION_UNAVAILABLE", `${why}${reason}`, {
    hint: `this takes an SEV-SNP guest, Linux 6.7 or later with its sev-guest module, and write access to ${FOLDER}`,
    ...(cause === undefined ? {} : {cause}),
  });
}
