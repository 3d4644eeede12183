/** Listens, hands requests to the door, and stops in order. */
import {createServer, type Server} from "node:http";
import type {AddressInfo} from "node:net";
import {UnavailableError} from "../../errors.js";
import type {Service} from "../service.js";
import {Door} from "./door.js";
import type {ApiOptions, ServerPorts} from "./options.js";

export class ApiServer implements Service {
  readonly #server: Server;
  readonly #door: Door;
  #stopping = false;
  #stopped: Promise<void> | undefined;

  constructor(
    private readonly options: ApiOptions,
    ports: ServerPorts,
  ) {
    this.#door = new Door(options, ports, () => this.#stopping);
    const {requestTimeoutMs, keepAliveMs, maxConnections} = options;
    this.#server = createServer(
      {
        requestTimeout: requestTimeoutMs,
        headersTimeout: requestTimeoutMs,
        keepAliveTimeout: keepAliveMs,
        // Node looks for late requests at this interval only.
        connectionsCheckingInterval: Math.max(100, Math.floor(requestTimeoutMs / 4)),
      },
      this.#door.handle,
    );
    this.#server.maxConnections = maxConnections;
  }

  /** Where the server listens, as a URL without a path. */
  get url(): string {
    const {address, family, port} = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /** @throws UnavailableError PORT_IN_USE, PORT_FORBIDDEN, HOST_UNAVAILABLE */
  async start(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const {host, port} = this.options;
      const fail = (error: NodeJS.ErrnoException): void => reject(listenError(error, {host, port}));
      this.#server.once("error", fail);
      this.#server.listen({host, port}, () => {
        this.#server.off("error", fail);
        resolve();
      });
    });
    signal.addEventListener("abort", () => void this.stop(), {once: true});
  }

  /** Takes no more connections, finishes what is under way, and cuts what is not done after the grace time. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#door.streams.close();
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), this.options.stopGraceMs);
    await closed;
    clearTimeout(timer);
  }
}

function listenError(cause: NodeJS.ErrnoException, {host, port}: {host: string; port: number}): Error {
  const at = `${host}:${port}`;
  if (cause.code === "EADDRINUSE")
    return new UnavailableError("PORT_IN_USE", `${at} is in use`, {
      cause,
      hint: "another node may be running here: stop it, or choose another port with --api-port",
    });
  if (cause.code === "EACCES")
    return new UnavailableError("PORT_FORBIDDEN", `no permission to listen on ${at}`, {
      cause,
      hint: "choose a port from 1024 on with --api-port",
    });
  return new UnavailableError("HOST_UNAVAILABLE", `cannot listen on ${at}: ${cause.code ?? cause.message}`, {
    cause,
    hint: "the address must belong to this machine",
  });
}
