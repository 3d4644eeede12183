/** The table of routes as an OpenAPI 3.1 document. */
import {wireNameOf} from "../../codecs/api/shape.js";
import {headerNameOf, type Param} from "./param.js";
import {codedError} from "./refusal.js";
import type {AnyRoute, BodySpec} from "./route.js";

/** JSON text of the document, ended by a line feed. */
export function openApiOf(routes: Readonly<Record<string, AnyRoute>>, version: string): string {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(routes)) {
    paths[route.path] ??= {};
    paths[route.path]![route.method.toLowerCase()] = operationOf(name, route);
  }
  const document = {
    openapi: "3.1.0",
    info: {title: "QSDM node API", version},
    paths,
    components: {
      schemas: {Error: codedError.schema},
      securitySchemes: {
        scrape: {type: "http", scheme: "bearer"},
        sidecar: {type: "apiKey", in: "header", name: "X-QSDM-NGC-Secret"},
      },
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function operationOf(name: string, route: AnyRoute): Record<string, unknown> {
  const responses = Object.fromEntries(
    route.statuses.map((status) => [
      String(status),
      {description: "the answer", content: {[route.reply.contentType]: {schema: route.reply.schema}}},
    ]),
  );
  return {
    operationId: name,
    summary: route.summary,
    parameters: Object.entries(route.params as Readonly<Record<string, Param<unknown>>>).map(([key, param]) => ({
      name: param.in === "header" ? headerNameOf(wireNameOf(key)) : wireNameOf(key),
      in: param.in,
      required: param.required,
      description: param.description,
      schema: param.schema,
    })),
    ...(route.body === null
      ? {}
      : {
          requestBody: {
            required: true,
            description: route.body.description,
            content: bodyContent(route.body),
          },
        }),
    ...(route.auth === "scrape" ? {security: [{scrape: []}, {}]} : {}),
    ...(route.auth === "sidecar" ? {security: [{sidecar: []}]} : {}),
    responses: {...responses, default: refusalFor(route)},
    "x-cost": route.cost,
  };
}

function bodyContent({contentType, alsoTakes, maxBytes}: BodySpec): Record<string, unknown> {
  const media = {schema: {type: "string", maxLength: maxBytes}};
  return {[contentType]: media, ...(alsoTakes === undefined ? {} : {[alsoTakes]: media})};
}

const REFUSALS = {
  coded: {description: "refused", content: {"application/json": {schema: {$ref: "#/components/schemas/Error"}}}},
  status: {description: "refused", content: {"application/json": {schema: {type: "object"}}}},
  text: {description: "refused", content: {"text/plain": {schema: {type: "string"}}}},
} as const;

const refusalFor = (route: AnyRoute) => REFUSALS[route.errors];
