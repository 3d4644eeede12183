/** Temperature, power and load of the machine's GPUs, as `nvidia-smi` tells them. */
import {execFile} from "node:child_process";
import {parseUtilisation, UTILISATION_QUERY, type Utilisation} from "./idle.js";

/** One GPU; null is what the driver does not tell. */
export interface GpuReading {
  readonly uuid: string;
  readonly name: string;
  readonly temperatureCelsius: number | null;
  readonly powerWatts: number | null;
  readonly utilizationPercent: number | null;
}

const FIELDS = "uuid,name,temperature.gpu,power.draw,utilization.gpu";
const TIMEOUT_MS = 5_000;
const ANSWER_MAX_BYTES = 64 * 1024;

/** What `program` prints; null where it is absent or fails. */
const answerOf = (program: string, args: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(program, [...args], {timeout: TIMEOUT_MS, maxBuffer: ANSWER_MAX_BYTES}, (error, stdout) =>
      resolve(error ? null : stdout),
    );
  });

/** What `nvidia-smi` says; nothing where it is absent or fails. `program` is for tests. */
export async function readGpus(program = "nvidia-smi"): Promise<readonly GpuReading[]> {
  const answer = await answerOf(program, [`--query-gpu=${FIELDS}`, "--format=csv,noheader,nounits"]);
  return answer === null ? [] : parseGpus(answer);
}

/** How busy the GPUs are; null where `nvidia-smi` is absent, fails or says nothing. `program` is for tests. */
export async function utilisation(program = "nvidia-smi"): Promise<Utilisation | null> {
  const answer = await answerOf(program, UTILISATION_QUERY);
  try {
    return answer === null ? null : parseUtilisation(answer);
  } catch {
    return null;
  }
}

/** The readings of an answer; a line of another form is left out. */
export const parseGpus = (text: string): readonly GpuReading[] =>
  text.split("\n").flatMap((line) => {
    const cells = line.split(",").map((cell) => cell.trim());
    if (cells.length !== FIELDS.split(",").length) return [];
    const [uuid, name, temperature, power, utilization] = cells as [string, string, string, string, string];
    const figures = {
      temperatureCelsius: figure(temperature),
      powerWatts: figure(power),
      utilizationPercent: figure(utilization),
    };
    return [{uuid, name, ...figures}];
  });

/** `[N/A]` and the like are what the driver does not tell. */
const figure = (cell: string): number | null => (/^\d+(?:\.\d+)?$/.test(cell) ? Number(cell) : null);
