/** `--report-exec`: a program of the operator's that asks the GPU for its report. */
import {spawn} from "node:child_process";
import {UnavailableError} from "../../errors.js";
import {REPORT_TEXT_MAX_BYTES} from "../attest/report.js";
import {eventLine} from "../output.js";

/** A challenge is good for a minute, and the proof has to be sent in it too. */
const TIMEOUT_MS = 30_000;
/** How much of its complaints is kept for the message. */
const STDERR_MAX_BYTES = 2_048;

/** What the program is asked, as one line of JSON on its standard input. */
export interface ReportRequest {
  /** 32 bytes that the GPU signs over. */
  readonly nonce: Uint8Array;
  readonly nodeId: string;
  readonly height: bigint;
}

/**
 * What `command`, run in a shell, prints for `request`: nothing of it becomes part of the command line.
 * @throws UnavailableError REPORT_PROGRAM_FAILED
 */
export function runReportProgram(
  command: string,
  {nonce, nodeId, height}: ReportRequest,
  signal: AbortSignal,
  timeoutMs = TIMEOUT_MS,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let [sizeBytes, complaint, ended] = [0, "", ""];
    // A group of its own: what the shell started has to end with it.
    const child = spawn(command, {shell: true, detached: true, stdio: ["pipe", "pipe", "pipe"]});
    const end = (why: string): void => {
      ended ||= why;
      try {
        process.kill(-child.pid!, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    const interrupted = (): void => end("was interrupted");
    const timer = setTimeout(() => end(`did not answer within ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener("abort", interrupted, {once: true});
    const settle = (failure: string | null): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", interrupted);
      if (failure === null) return resolve(new Uint8Array(Buffer.concat(parts)));
      const said = complaint.trim().split("\n").at(-1);
      reject(
        new UnavailableError("REPORT_PROGRAM_FAILED", `--report-exec ${failure}${said ? `: ${said}` : ""}`, {
          hint: "it reads one line of JSON with a nonce and prints the GPU's report, as bytes or hex",
        }),
      );
    };
    child.stdout.on("data", (part: Buffer) => {
      sizeBytes += part.length;
      if (sizeBytes > REPORT_TEXT_MAX_BYTES) end(`printed more than ${REPORT_TEXT_MAX_BYTES} bytes`);
      else parts.push(part);
    });
    child.stderr.on("data", (part: Buffer) => {
      complaint = (complaint + part.toString()).slice(-STDERR_MAX_BYTES);
    });
    // A program that does not read its input closes the pipe.
    child.stdin.on("error", () => undefined);
    child.on("error", ({message}) => settle(`cannot be run: ${message}`));
    child.on("close", (status, killedBy) => {
      if (ended) settle(ended);
      else settle(status === 0 ? null : `ended with ${status ?? killedBy}`);
    });
    if (signal.aborted) interrupted();
    child.stdin.end(eventLine({nonce, node_id: nodeId, height}));
  });
}
