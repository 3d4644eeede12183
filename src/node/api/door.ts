/** Where requests come in: finds the route, charges the caller, runs the handler, and answers. */
import type {IncomingMessage, ServerResponse} from "node:http";
import {RegExpRouter} from "hono/router/reg-exp-router";
import {UnavailableError, UsageError} from "../../errors.js";
import {type Call, Responder} from "./call.js";
import {GONE_ROUTES} from "./gone-routes.js";
import {openApiOf} from "./open-api.js";
import type {ApiOptions, ServerPorts} from "./options.js";
import {type Asked, checkScraper, checkSidecar, partOf, readParams} from "./request.js";
import {readBody} from "./request-body.js";
import {type AnyRoute, type RoutePorts, type Subscription, statusOf} from "./route.js";
import {ROUTES} from "./route-table.js";
import {Streams} from "./streams/streams.js";
import {Toll} from "./toll.js";

/** Charged for a request that no route answers. */
const STRAY_COST = 0.1;

type Params = Readonly<Record<string, unknown>>;
/** What stands behind a path: a route, or the reason why there is none any more. */
type Target = {readonly route: AnyRoute} | {readonly gone: UsageError; readonly path: string};

export class Door {
  readonly #responder: Responder;
  readonly #toll: Toll;
  /** Streams that readers hold open. */
  readonly streams: Streams;
  /** Routes without parameters. The router takes none beside a parameter: `streams/nonce` beside `streams/{id}`. */
  readonly #fixed = new Map<string, Target>();
  readonly #router = new RegExpRouter<Target>();
  readonly #routePorts: RoutePorts;
  readonly #allowed: readonly {readonly pattern: RegExp; readonly route: AnyRoute}[];

  constructor(
    private readonly options: ApiOptions,
    ports: ServerPorts,
    stopping: () => boolean,
  ) {
    this.#responder = new Responder(ports, stopping);
    this.#toll = new Toll(options);
    this.streams = new Streams(options, this.#toll, ports);
    const document = openApiOf(ROUTES, ports.node.info.version);
    this.#routePorts = {
      node: ports.node,
      scrape: () => ports.scrape(),
      healthy: () => ports.healthy(),
      openApi: () => document,
    };
    const routes = Object.values<AnyRoute>(ROUTES);
    for (const route of routes) {
      if (route.path.includes("{")) this.#router.add(route.method, route.path.replace(/\{(\w+)\}/g, ":$1"), {route});
      else this.#fixed.set(`${route.method} ${route.path}`, {route});
    }
    for (const {method, path, why, hint} of GONE_ROUTES)
      this.#router.add(method, path, {gone: new UsageError("GONE", why, {hint}), path});
    this.#allowed = routes.map((route) => ({route, pattern: patternOf(route.path)}));
  }

  /** Answers one request. Never throws. */
  readonly handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const [path, query] = splitUrl(incoming.url ?? "");
    const found = this.#find(incoming.method === "HEAD" ? "GET" : (incoming.method ?? ""), path);
    if (!found) return this.#refuseStray(incoming, outgoing, path);
    const {target, part} = found;
    if ("gone" in target)
      return this.#stray(this.#responder.open(incoming, outgoing, {...target, style: "status"}), target.gone);
    const call = this.#responder.open(incoming, outgoing, {path: target.route.path, style: target.route.errors});
    const header = (name: string) => headerOf(incoming, name);
    this.#answer(call, target.route, {query, part, header});
  };

  /** What stands behind a path, and the parts of it that are parameters. */
  #find(method: string, path: string): {target: Target; part: Asked["part"]} | null {
    const fixed = this.#fixed.get(`${method} ${path}`);
    if (fixed) return {target: fixed, part: () => undefined};
    const [[found], stash] = this.#router.match(method, path);
    if (!found) return null;
    const [target, places] = found;
    return {target, part: (name) => partOf(stash?.[places[name] as number])};
  }

  /** Answers at once where nothing has to be waited for: most reads, which are most requests. */
  #answer(call: Call, route: AnyRoute, asked: Asked): void {
    try {
      this.#charge(call, route.cost);
      this.#checkCaller(call, route);
      const params = readParams(route, asked);
      if (route.body !== null) return void this.#answerBody(call, route, params);
      const value = route.handle(params, this.#routePorts);
      if (route.reply.streams) this.#stream(call, route, value as Subscription);
      else if (value instanceof Promise) void this.#answerLater(call, route, value);
      else this.#responder.reply(call, route, value);
    } catch (error) {
      this.#responder.refuse(call, error);
    }
  }

  /** @throws RuleError SCRAPE_FORBIDDEN, NGC_NOT_FOUND, NGC_UNAUTHORIZED */
  #checkCaller({incoming}: Call, {auth}: AnyRoute): void {
    if (auth === "scrape") checkScraper(incoming, this.options.scrapeSecret);
    if (auth === "sidecar") checkSidecar(incoming, this.#routePorts.node.ngc);
  }

  /** @throws UnavailableError STREAMS_FULL, STREAMS_OF_ADDRESS */
  #stream(call: Call, route: AnyRoute, subscription: Subscription): void {
    const ip = call.incoming.socket.remoteAddress ?? "";
    this.streams.admit(ip);
    this.#responder.begin(call, route);
    if (call.incoming.method === "HEAD") call.outgoing.end();
    else this.streams.run(call.outgoing, ip, subscription);
  }

  async #answerBody(call: Call, route: AnyRoute, params: Params): Promise<void> {
    try {
      const body = await readBody(call.incoming, route.body);
      const payer = (): string | null => route.payer?.(body) ?? null;
      const giveBack = this.#toll.chargeSender(payer, route.cost, call.startedMs);
      const value = await this.#within(this.#take(route, {...params, body}, giveBack));
      this.#responder.reply(call, route, value);
    } catch (error) {
      this.#responder.refuse(call, error);
    }
  }

  /**
   * What the handler answers to a write; one that is not taken costs the account that it names nothing. Not before the
   * handler is done: whoever no longer waits for it must not have the write for nothing.
   */
  async #take(route: AnyRoute, input: Params, giveBack: () => void): Promise<unknown> {
    let taken = false;
    let takePassBack = (): void => undefined;
    try {
      if (route.locked) takePassBack = this.#routePorts.node.ngc?.passWrite() ?? takePassBack;
      const value = await route.handle(input, this.#routePorts);
      taken = statusOf(route, value) < 400;
      return value;
    } finally {
      if (!taken) {
        giveBack();
        takePassBack();
      }
    }
  }

  async #answerLater(call: Call, route: AnyRoute, work: Promise<unknown>): Promise<void> {
    try {
      this.#responder.reply(call, route, await this.#within(work));
    } catch (error) {
      this.#responder.refuse(call, error);
    }
  }

  #refuseStray(incoming: IncomingMessage, outgoing: ServerResponse, path: string): void {
    const known = this.#allowed.filter(({pattern}) => pattern.test(path)).map(({route}) => route);
    const [first] = known;
    if (!first) {
      const hint = "/openapi.json lists the routes";
      const call = this.#responder.open(incoming, outgoing, {path: "", style: "coded"});
      return this.#stray(call, new UsageError("ROUTE_NOT_FOUND", `no route ${path}`, {hint}));
    }
    const allow = known.map((route) => route.method).join(", ");
    const call = this.#responder.open(incoming, outgoing, {path: first.path, style: first.errors});
    const error = new UsageError("METHOD_NOT_ALLOWED", `${incoming.method} is not allowed here`, {
      hint: `use ${allow}`,
    });
    this.#stray(call, error, {allow});
  }

  #stray(call: Call, error: UsageError, headers: Readonly<Record<string, string>> = {}): void {
    try {
      this.#charge(call, STRAY_COST);
      this.#responder.refuse(call, error, headers);
    } catch (limited) {
      this.#responder.refuse(call, limited);
    }
  }

  /** @throws UnavailableError RATE_LIMITED */
  #charge({incoming, startedMs}: Call, units: number): void {
    this.#toll.charge(incoming.socket.remoteAddress ?? "", units, startedMs);
  }

  /** @throws UnavailableError HANDLER_TIMEOUT when the handler takes too long; what it began goes on */
  async #within<T>(work: Promise<T>): Promise<T> {
    const {handlerTimeoutMs} = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const error = new UnavailableError("HANDLER_TIMEOUT", `no answer within ${handlerTimeoutMs} ms`, {
        hint: "a write may still be taken: look for its receipt before sending it again",
      });
      timer = setTimeout(reject, handlerTimeoutMs, error);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`);

/** Path and query of a request's target; proxies may send it with scheme and host. */
function splitUrl(target: string): readonly [path: string, query: string] {
  const url = target.startsWith("/") ? target : target.replace(/^https?:\/\/[^/?]*/i, "");
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}
