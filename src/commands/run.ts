/** One invocation from arguments to exit status: signals, failures, closed pipes. */
import {scanFlags} from "./arguments.js";
import {type Host, type ProcessLike, processHost} from "./host.js";
import {Io} from "./io.js";
import {EXIT} from "./output.js";
import {execute} from "./program.js";

/** Runs the command line of a real process. */
export const runProcess = (process: ProcessLike): Promise<number> => run(processHost(process));

/** Runs the command that `host.argv` names. Never throws. */
export async function run(host: Host): Promise<number> {
  const io = new Io(host, scanFlags(host.argv));
  let force: (status: number) => void = () => undefined;
  const forced = new Promise<number>((resolve) => {
    force = resolve;
  });
  const forget = host.onSignal((name) => {
    if (io.signal.aborted) force(EXIT.interrupted);
    else io.interrupt(name);
  });
  try {
    return await Promise.race([finish(io), forced]);
  } finally {
    forget();
  }
}

async function finish(io: Io): Promise<number> {
  let status: number;
  try {
    await io.prepare();
    await execute(io);
    status = io.status;
  } catch (error) {
    status = io.fail(error);
  }
  await io.flush();
  return status;
}
