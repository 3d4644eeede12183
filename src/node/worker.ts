/** Worker threads of this program, whether it runs from dist/ or from the source tree. */
import {Worker, type WorkerOptions} from "node:worker_threads";

/**
 * A worker of the module at `path`, from this folder and without its ending: `mining/solve-worker`. In dist/ all workers
 * lie above the chunks, under their own names; the source tree takes a loader to be read.
 */
export function createWorker(path: string, options: WorkerOptions): Worker {
  const here = import.meta.url;
  const name = path.replace(/^.*\//, "");
  if (!here.endsWith(".ts"))
    return new Worker(new URL(/\/(chunks|quick)\/[^/]*$/.test(here) ? `../${name}.js` : `./${name}.js`, here), options);
  const source = JSON.stringify(new URL(`./${path}.ts`, here).href);
  // Node 20 does not run --import in workers.
  return new Worker(`import("tsx/esm/api").then(({register}) => (register(), import(${source})))`, {
    ...options,
    eval: true,
  });
}
