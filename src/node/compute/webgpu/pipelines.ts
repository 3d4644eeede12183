/** The shader's entry points, each compiled when it is first run, and the buffers that go in and out. */
import {deviceFailed} from "../device/failure.js";
import {GROUP_THREADS, SHADER, TABLE_BUFFERS} from "./shader.js";

/** An entry point of the shader. */
export type EntryPoint = "hashes" | "walks1" | "walks2" | "search1" | "search2";

export interface Run {
  readonly parameters: Uint32Array;
  readonly threads: number;
  readonly input?: Uint32Array;
  /** What the output is before the run. */
  readonly output: Uint32Array;
  readonly table: readonly GPUBuffer[];
}

export class Pipelines {
  readonly #ready = new Map<EntryPoint, GPUComputePipeline>();

  private constructor(
    private readonly device: GPUDevice,
    private readonly module: GPUShaderModule,
    private readonly groups: GPUBindGroupLayout,
    /** Stands where a table has fewer buffers than it may have, and for input that is not there. */
    private readonly nothing: GPUBuffer,
  ) {}

  /** @throws UnavailableError DEVICE_FAILED when the device's compiler refuses the shader */
  static async create(device: GPUDevice): Promise<Pipelines> {
    const module = device.createShaderModule({code: SHADER});
    const {messages} = await module.getCompilationInfo();
    const wrong = messages.find(({type}) => type === "error");
    if (wrong) throw deviceFailed(`its shader does not compile: line ${wrong.lineNum}: ${wrong.message}`);
    const types: GPUBufferBindingType[] = ["read-only-storage", "read-only-storage", "storage"];
    for (let i = 0; i < TABLE_BUFFERS; i++) types.push("read-only-storage");
    const groups = device.createBindGroupLayout({
      entries: types.map((type, binding) => ({binding, visibility: GPUShaderStage.COMPUTE, buffer: {type}})),
    });
    const nothing = device.createBuffer({size: 64, usage: GPUBufferUsage.STORAGE});
    return new Pipelines(device, module, groups, nothing);
  }

  /** The output after the run. @throws Error when the device fails */
  async run(entryPoint: EntryPoint, {parameters, threads, input, output, table}: Run): Promise<Uint32Array> {
    const {device} = this;
    const pipeline = this.#pipeline(entryPoint);
    const made: GPUBuffer[] = [];
    const create = (size: number, usage: number): GPUBuffer => {
      const buffer = device.createBuffer({size, usage});
      made.push(buffer);
      return buffer;
    };
    const filled = (words: Uint32Array, usage: number): GPUBuffer => {
      const buffer = create(words.byteLength, usage | GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
      device.queue.writeBuffer(buffer, 0, words as Uint32Array<ArrayBuffer>);
      return buffer;
    };
    device.pushErrorScope("validation");
    const out = filled(output, GPUBufferUsage.COPY_SRC);
    const read = create(output.byteLength, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    const buffers = [filled(parameters, 0), input ? filled(input, 0) : this.nothing, out, ...table];
    while (buffers.length < 3 + TABLE_BUFFERS) buffers.push(this.nothing);
    const group = device.createBindGroup({
      layout: this.groups,
      entries: buffers.map((buffer, binding) => ({binding, resource: {buffer}})),
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(Math.ceil(threads / GROUP_THREADS));
    pass.end();
    encoder.copyBufferToBuffer(out, 0, read, 0, output.byteLength);
    device.queue.submit([encoder.finish()]);
    const invalid = await device.popErrorScope();
    try {
      if (invalid) throw deviceFailed(invalid.message);
      await read.mapAsync(GPUMapMode.READ);
      return new Uint32Array(read.getMappedRange().slice(0));
    } finally {
      for (const buffer of made) buffer.destroy();
    }
  }

  #pipeline(entryPoint: EntryPoint): GPUComputePipeline {
    let pending = this.#ready.get(entryPoint);
    if (!pending) {
      const layout = this.device.createPipelineLayout({bindGroupLayouts: [this.groups]});
      pending = this.device.createComputePipeline({layout, compute: {module: this.module, entryPoint}});
      this.#ready.set(entryPoint, pending);
    }
    return pending;
  }
}
