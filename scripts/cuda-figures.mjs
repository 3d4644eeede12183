// What the compiler makes of each CUDA kernel: `npm run cuda:figures [-- sm_90 ...]`. Registers, spills and stack in bytes,
// and instructions of the whole kernel: all, those of logic (LOP3) and shifts (SHF), which a permutation consists of, and
// the blocks of 128 threads that fit a multiprocessor's 65,536 registers. A loop's body counts once. Needs nvcc alone.
import {spawnSync} from "node:child_process";
import {mkdtempSync, readdirSync, readFileSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {findNvcc} from "./build-cuda.mjs";

const SOURCES = fileURLToPath(new URL("../native/cuda/", import.meta.url));
const REGISTERS = 65_536;
const BLOCK_THREADS = 128;
/** Registers are given to a warp by so many. */
const WARP_REGISTERS = 256;
// Since Volta an instruction takes 16 bytes, and the low nine bits say which it is.
const INSTRUCTION_BYTES = 16;
const OPCODE = 0x1ff;
const LOP3 = 0x012;
const SHF = 0x019;

/** `search<1>` of a mangled name, in which the length of a part stands before it. */
function shortName(mangled) {
  const [, name, rest] = /\d([a-z][a-z_]*3?)_kernel(.*)/.exec(mangled) ?? [null, mangled, ""];
  const parameter = /^I.*?Li(\d+)E/.exec(rest);
  return parameter ? `${name}<${parameter[1]}>` : name;
}

/** Sections `.text.NAME` of a cubin, an ELF file of 64 bits. */
function* textSections(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const [start, size, count, names] = [
    Number(view.getBigUint64(0x28, true)),
    ...[0x3a, 0x3c, 0x3e].map((at) => view.getUint16(at, true)),
  ];
  const section = (index) => {
    const at = start + index * size;
    const from = Number(view.getBigUint64(at + 0x18, true));
    return {
      name: view.getUint32(at, true),
      bytes: file.subarray(from, from + Number(view.getBigUint64(at + 0x20, true))),
    };
  };
  const texts = section(names).bytes;
  for (let index = 0; index < count; index++) {
    const {name, bytes} = section(index);
    const text = texts.subarray(name, texts.indexOf(0, name)).toString();
    if (text.startsWith(".text.")) yield [text.slice(6), bytes];
  }
}

function countsOf(code) {
  const counts = {all: 0, lop3: 0, shf: 0};
  for (let at = 0; at + INSTRUCTION_BYTES <= code.length; at += INSTRUCTION_BYTES) {
    const opcode = code.readUInt16LE(at) & OPCODE;
    counts.all++;
    if (opcode === LOP3) counts.lop3++;
    if (opcode === SHF) counts.shf++;
  }
  return counts;
}

/** What ptxas -v says of a kernel and of what it calls, by its name. */
function* saidBy(report) {
  const kernels = report.split("Compiling entry function '").slice(1);
  for (const text of kernels) {
    const number = (pattern) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
    const spills = [...text.matchAll(/(\d+) bytes spill st/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    yield [
      text.slice(0, text.indexOf("'")),
      {registers: number(/Used (\d+) reg/), spills, stack: number(/(\d+) bytes stack/)},
    ];
  }
}

function figures(nvcc, arch, unit, folder) {
  const cubin = join(folder, `${unit}.${arch}.cubin`);
  const flags = ["-std=c++20", "-O3", `-arch=${arch}`, "-Xptxas", "-v", "-cubin"];
  const {status, stderr} = spawnSync(nvcc, [...flags, join(SOURCES, unit), "-o", cubin], {encoding: "utf8"});
  if (status !== 0) throw new Error(`${unit} for ${arch}: ${stderr}`);
  const code = new Map(textSections(readFileSync(cubin)));
  return [...saidBy(stderr)].map(([name, said]) => {
    const perWarp = Math.ceil((said.registers * 32) / WARP_REGISTERS) * WARP_REGISTERS;
    const blocks = Math.floor(REGISTERS / (perWarp * (BLOCK_THREADS / 32)));
    return {kernel: shortName(name), arch, ...said, blocks, ...countsOf(code.get(name))};
  });
}

const nvcc = findNvcc();
if (!nvcc) {
  console.error("cuda:figures needs nvcc");
  process.exitCode = 1;
} else {
  const folder = mkdtempSync(join(tmpdir(), "qsdm-cuda-"));
  const wanted = process.argv.slice(2);
  try {
    const units = readdirSync(SOURCES).filter((name) => name.endsWith(".cu") && name !== "devices.cu");
    for (const arch of wanted.length > 0 ? wanted : ["sm_90"])
      console.table(units.flatMap((unit) => figures(nvcc, arch, unit, folder)));
  } finally {
    rmSync(folder, {recursive: true});
  }
}
