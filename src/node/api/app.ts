/** The table of routes as one web application: the same admission, headers, refusals and log line for each. */
import {randomBytes} from "node:crypto";
import type {HttpBindings} from "@hono/node-server";
import {type Context, Hono} from "hono";
import {hexOf} from "../../codecs/bytes.js";
import {UnavailableError, UsageError} from "../../errors.js";
import {GONE_ROUTES, type GoneRoute} from "./gone-routes.js";
import {openApiOf} from "./open-api.js";
import type {ApiOptions, ServerPorts} from "./options.js";
import {addressBlock, RateLimiter} from "./rate-limiter.js";
import {CODE_HEADER, refusalOf} from "./refusal.js";
import {checkScraper, readInput} from "./request.js";
import type {AnyRoute, RoutePorts} from "./route.js";
import {ROUTES} from "./route-table.js";

type Env = {Bindings: HttpBindings};
type RequestContext = Context<Env>;

/** On every answer. The API serves no page, so nothing may be loaded, framed or guessed from it. */
const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** Charged for a request that no route answers. */
const STRAY_COST = 0.1;

/** The application; `stopping` says whether connections should be given up. */
export function createApp(options: ApiOptions, ports: ServerPorts, stopping: () => boolean): Hono<Env> {
  const door = new Door(options, ports, stopping);
  const app = new Hono<Env>();
  const routes = Object.values<AnyRoute>(ROUTES);
  for (const route of routes) app.on(route.method, honoPath(route.path), (context) => door.answer(route, context));
  for (const path of new Set(routes.map((route) => route.path))) {
    const known = routes.filter((route) => route.path === path);
    app.all(honoPath(path), (context) => door.refuseMethod(known, context));
  }
  for (const gone of GONE_ROUTES) app.on(gone.method, gone.path, (context) => door.refuseGone(gone, context));
  app.notFound((context) => door.refuseStray(context));
  return app;
}

const honoPath = (path: string): string => path.replace(/\{(\w+)\}/g, ":$1");

/** One request while it is being answered. */
interface Call {
  readonly id: string;
  readonly startedMs: number;
  readonly context: RequestContext;
  readonly method: string;
  /** Path of the route, or empty. */
  readonly path: string;
  readonly style: AnyRoute["errors"];
}

class Door {
  readonly #limiter: RateLimiter | null;
  readonly #routePorts: RoutePorts;
  /** Request ids are this and a counter: unique across restarts without a random number for each request. */
  readonly #idPrefix = hexOf(randomBytes(4));
  #requests = 0;

  constructor(
    private readonly options: ApiOptions,
    private readonly ports: ServerPorts,
    private readonly stopping: () => boolean,
  ) {
    this.#limiter = options.rateLimit === null ? null : new RateLimiter(options.rateLimit);
    const {node} = ports;
    const document = openApiOf(ROUTES, node.info.version);
    this.#routePorts = {node, scrape: () => ports.scrape(), healthy: () => ports.healthy(), openApi: () => document};
  }

  async answer(route: AnyRoute, context: RequestContext): Promise<Response> {
    const call = this.#begin(context, route.path, route.errors);
    try {
      this.#charge(call, route.cost);
      const {incoming} = context.env;
      if (route.auth === "scrape") checkScraper(incoming, this.options.scrapeSecret);
      const pathParam = (name: string) => context.req.param(name);
      const input = await readInput(route, {incoming, url: incoming.url ?? "", pathParam});
      const value = await this.#within(route.handle(input, this.#routePorts));
      return this.#reply(call, route.statusOf?.(value) ?? 200, {
        contentType: route.reply.contentType,
        body: route.reply.encode(value),
        headers: {},
      });
    } catch (error) {
      return this.#refuse(call, error);
    }
  }

  refuseMethod(known: readonly AnyRoute[], context: RequestContext): Response {
    const call = this.#begin(context, known[0]!.path, known[0]!.errors);
    const allowed = known.map((route) => route.method).join(", ");
    return this.#stray(
      call,
      new UsageError("METHOD_NOT_ALLOWED", `${context.req.method} is not allowed here`, {
        hint: `use ${allowed}`,
      }),
      {allow: allowed},
    );
  }

  refuseGone({path, why, hint}: GoneRoute, context: RequestContext): Response {
    return this.#stray(this.#begin(context, path, "status"), new UsageError("GONE", why, {hint}));
  }

  refuseStray(context: RequestContext): Response {
    return this.#stray(
      this.#begin(context, "", "coded"),
      new UsageError("ROUTE_NOT_FOUND", `no route ${context.req.path}`, {
        hint: "/openapi.json lists the routes",
      }),
    );
  }

  #stray(call: Call, error: UsageError, headers: Readonly<Record<string, string>> = {}): Response {
    try {
      this.#charge(call, STRAY_COST);
      return this.#refuse(call, error, headers);
    } catch (limited) {
      return this.#refuse(call, limited);
    }
  }

  #begin(context: RequestContext, path: string, style: AnyRoute["errors"]): Call {
    const id = `${this.#idPrefix}-${(++this.#requests).toString(36)}`;
    return {id, startedMs: this.ports.monotonicMs(), context, method: context.req.method, path, style};
  }

  /** @throws UnavailableError RATE_LIMITED */
  #charge(call: Call, units: number): void {
    const ip = call.context.env.incoming.socket.remoteAddress ?? "";
    const waitMs = this.#limiter?.take(addressBlock(ip), units, call.startedMs) ?? 0;
    if (waitMs > 0)
      throw new UnavailableError("RATE_LIMITED", "too many requests from this address", {
        hint: `try again in ${Math.ceil(waitMs / 1_000)} s`,
        details: {retry_after_ms: waitMs},
      });
  }

  /** @throws UnavailableError REQUEST_TIMEOUT when the handler takes too long; what it began goes on */
  async #within<T>(work: T | Promise<T>): Promise<T> {
    if (!(work instanceof Promise)) return work;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(
          new UnavailableError("HANDLER_TIMEOUT", `no answer within ${this.options.handlerTimeoutMs} ms`, {
            hint: "a write may still be taken: look for its receipt before sending it again",
          }),
        );
      }, this.options.handlerTimeoutMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #refuse(call: Call, error: unknown, headers: Readonly<Record<string, string>> = {}): Response {
    const refusal = refusalOf(error, call.style, call.id);
    if (refusal.status === 500)
      this.ports.log.error({request: call.id, path: call.path, err: error}, "a handler failed");
    return this.#reply(call, refusal.status, {...refusal, headers: {...refusal.headers, ...headers}});
  }

  #reply(
    call: Call,
    status: number,
    answer: {readonly contentType: string; readonly body: string; readonly headers: Readonly<Record<string, string>>},
  ): Response {
    const durationMs = this.ports.monotonicMs() - call.startedMs;
    const {method, path, id} = call;
    this.ports.answered({method, path, status, durationMs});
    const fields = {request: id, method, path, status, duration_ms: durationMs};
    if (status < 400) this.ports.log.debug(fields, "answered");
    else this.ports.log.info({...fields, code: answer.headers[CODE_HEADER]}, "refused");
    const headers: Record<string, string> = {
      ...SECURITY_HEADERS,
      "content-type": answer.contentType,
      "x-request-id": id,
      ...answer.headers,
    };
    if (this.stopping()) headers.connection = "close";
    return new Response(answer.body, {status, headers});
  }
}
