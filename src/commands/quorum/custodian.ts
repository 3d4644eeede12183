import type {Command} from "commander";
import {isInsecure} from "../../codecs/quorum/strict/attestation-policy.js";
import {UsageError} from "../../errors.js";
import {PUBLIC_APPROVAL_KEYS} from "../../node/quorum/custodian/approval.js";
import {DEFAULT_CUSTODIAN_LIMITS} from "../../node/quorum/custodian/custodian.js";
import {startCustodian} from "../../node/quorum-services.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {
  addServiceFlags,
  COMPAT_WARNING,
  checkKeySource,
  processOptions,
  readApprovalKeys,
  type ServiceFlags,
  serve,
  serveMeasured,
} from "./service-flags.js";
import {ATTESTATION_FILES, type AttestationFlags, addAttestationFlags, readDriver} from "./strict/attestation-flags.js";
import {addLedgerFlags, checkNoLedger, LEDGER_FILE, type LedgerFlags, ledgerOptions} from "./strict/ledger.js";
import {strictOptions} from "./strict/serve.js";

interface Flags extends ServiceFlags, AttestationFlags, LedgerFlags {
  readonly index?: number;
  readonly approvalKeyFile?: string;
  readonly publicApprovalKeys: boolean;
}

const INDEX_MAX = 65_535;

export const quorumCustodianCommand = (io: Io): Command =>
  addLedgerFlags(
    addAttestationFlags(
      addServiceFlags(
        defineCommand("quorum custodian", {
          summary: "hold shares and evaluate programs on them",
          description:
            "Runs one custodian: it keeps its shares, its triples and the programs in the data directory, spends a triple on " +
            "disk before the first masked share leaves, and goes on where it was after a restart. When it listens, one line " +
            "with its address goes to standard output; logs go to standard error.\n\n" +
            "In the strict profile, the default, custodians of a signed roster talk to each other in sealed channels. They make " +
            "triples without a dealer, check approvals, tickets and budgets themselves, and check every value by its MAC before " +
            "a result is opened: a cheat ends the evaluation and is named where enough others saw it.\n\n" +
            "A roster may demand attestation: then --attestation says what shows this machine to the others, and before a custodian " +
            "makes keys, shares or stock with them it has each show that its machine is one the roster accepts. It refuses to start " +
            "where the others would refuse it.\n\n" +
            "A program with min_stake is evaluated for clients that have so much locked on the ledger. The custodian believes no " +
            "node of it: it begins from --genesis or --checkpoint and asks each --ledger-node for proofs. Without one, and where " +
            `no proof is young enough, such programs are refused.\n\n${COMPAT_WARNING}`,
          examples: [
            {
              does: "one of a roster",
              run: "qsdm quorum custodian --roster quorum.roster --key custodian-0.key --data-dir ./custodian-0",
            },
            {
              does: "one in a guest of AMD SEV-SNP",
              run:
                "qsdm quorum custodian --roster quorum.roster --key custodian-0.key --data-dir ./custodian-0 \\\n" +
                "    --attestation sev-snp --attestation-certs amd.pem",
            },
            {
              does: "one that checks what clients have locked on the ledger",
              run: "qsdm quorum custodian --roster quorum.roster --key custodian-0.key --data-dir ./custodian-0 --ledger-node http://127.0.0.1:8080 --genesis genesis.json",
            },
            {
              does: "the first of three, for clients of the reference",
              run: "qsdm quorum custodian --profile compat --data-dir ./custodian-0 --index 0 --port 9100 --public-approval-keys",
            },
          ],
          environment: {CUSTODIAN_INDEX: "Place among the custodians where --index is not given."},
          files: {
            "DIR/strict-custodian.db": "Strict: keys, shares, unused triples and masks, programs, budgets.",
            "DIR/strict-witness.db":
              "Strict: how far coordinators' audit logs were read, and entries that concern this custodian.",
            [`DIR/${LEDGER_FILE}`]: "Strict: what was verified of the ledger; the way on from there after a restart.",
            "DIR/custodian.db": "Compat: shares, unspent triples and programs.",
            "--key": "The party's key, as qsdm quorum identity create wrote it.",
            ...ATTESTATION_FILES,
          },
          exit: {
            3: "Others can read the data directory, it is of another roster, or this machine is not one that the roster accepts.",
            4: "The data directory or the port cannot be used.",
          },
          seeAlso: ["quorum coordinator", "quorum roster create"],
        }),
        9100,
      ),
    ),
  )
    .option("--index <n>", "compat: place among the custodians, from 0 (default: 0)", countFlag(0, INDEX_MAX))
    .option("--approval-key-file <path>", "compat: key of this custodian's approval tags, one line")
    .option("--public-approval-keys", "compat: use the reference's own key for this index", false)
    .action(async (flags: Flags) => {
      if (flags.profile === "strict") {
        const options = await strictOptions(io, flags);
        const driver = await readDriver(io, flags);
        const ledger = await ledgerOptions(io, flags, flags.dataDir);
        const {startStrictCustodian} = await import("../../node/quorum-strict.js");
        const shows = driver && {attestation: driver.kind, insecure: isInsecure(driver.kind)};
        return serveMeasured(io, flags, {
          start: () => startStrictCustodian({...options, driver, ledger}),
          event: shows ?? {},
        });
      }
      if (flags.attestation !== undefined)
        throw new UsageError("FLAG_CONFLICT", "custodians of the compat profile ask nobody for evidence", {
          hint: "leave --attestation, or run the strict profile",
        });
      checkNoLedger(flags);
      const index = flags.index ?? indexOf(io.host.env.CUSTODIAN_INDEX);
      const approvalKey = await approvalKeyOf(io, flags, index);
      const {threshold} = flags;
      const options = {index, threshold, approvalKey, ...DEFAULT_CUSTODIAN_LIMITS};
      await serve(io, startCustodian(options, processOptions(flags), io.signal), {custodian: index, threshold});
    });

const indexOf = (text: string | undefined): number =>
  text === undefined || text === "" ? 0 : countFlag(0, INDEX_MAX)(text);

async function approvalKeyOf(io: Io, {approvalKeyFile, publicApprovalKeys}: Flags, index: number): Promise<string> {
  checkKeySource(approvalKeyFile, publicApprovalKeys, "--approval-key-file");
  if (approvalKeyFile !== undefined) {
    const [key] = await readApprovalKeys(io, approvalKeyFile, "--approval-key-file");
    return key!;
  }
  io.warn("approvals are tagged with a key that everybody knows");
  const key = PUBLIC_APPROVAL_KEYS[index];
  if (key === undefined)
    throw new UsageError("APPROVAL_KEY_SOURCE", `there is no public key for index ${index}`, {
      hint: "give --approval-key-file",
    });
  return key;
}
