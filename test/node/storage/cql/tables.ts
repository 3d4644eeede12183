/**
 * Tables that take the few forms of CQL which a careful client needs, and refuse everything else: a query that does not
 * name the whole partition key, an unknown column, a condition that is no condition.
 *
 * The last write wins by order of arrival; times of writes are not kept.
 */
import {type Place, type Row, Rows, type Value} from "./rows.js";
import type {Column, TypeName} from "./wire.js";

export class CqlError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
const SYNTAX = 0x2000;
const INVALID = 0x2200;
const refuse = (message: string): never => {
  throw new CqlError(INVALID, message);
};

interface Table {
  readonly name: string;
  readonly columns: ReadonlyMap<string, TypeName>;
  /** Of each column in a row. */
  readonly places: ReadonlyMap<string, number>;
  readonly partition: string;
  readonly clustering: readonly string[];
  readonly descending: ReadonlySet<string>;
}

interface Condition {
  readonly column: string;
  readonly operator: "=" | ">=" | "<=";
}

type Statement =
  | {
      readonly kind: "insert";
      readonly table: Table;
      readonly columns: readonly string[];
      readonly places: readonly number[];
      readonly ifAbsent: boolean;
    }
  | {
      readonly kind: "select";
      readonly table: Table;
      readonly columns: readonly string[];
      readonly where: readonly Condition[];
      readonly limit: boolean;
    }
  | {
      readonly kind: "update";
      readonly table: Table;
      readonly set: readonly string[];
      readonly where: readonly Condition[];
      readonly conditions: readonly Condition[];
    }
  | {readonly kind: "delete"; readonly table: Table; readonly where: readonly Condition[]};

export interface Prepared {
  readonly statement: Statement;
  /** Of the values, in order. */
  readonly parameters: readonly Column[];
  /** Places of the partition key among them. */
  readonly keyPlaces: readonly number[];
  readonly results: readonly Column[];
}

export interface Answer {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
}

const NOTHING: Answer = {columns: [], rows: []};

const list = (text: string): string[] => text.split(",").map((each) => each.trim());

export class Tables {
  readonly #tables = new Map<string, Table>();
  readonly #rows: Rows;

  /** @param path file for the rows, which is there to be filled; in memory without one */
  constructor(path?: string) {
    this.#rows = new Rows(path);
  }

  /** Partitions that hold something, and the rows of the largest. */
  sizes(table: string): {readonly partitions: number; readonly largest: number} {
    return this.#rows.sizes(this.#of(table).name);
  }

  /** Damages a table: takes away the rows, counted over all partitions, that `isGone` says. */
  lose(table: string, isGone: (at: number) => boolean): void {
    this.#rows.lose(this.#of(table).name, isGone);
  }

  close(): void {
    this.#rows.close();
  }

  create(text: string): string {
    const match =
      /^CREATE TABLE IF NOT EXISTS (\w+) \((.*), PRIMARY KEY \((\((\w+)\)|(\w+))(?:, ([\w, ]+))?\)\)(?: WITH CLUSTERING ORDER BY \(([\w, ]+)\))?$/.exec(
        text,
      );
    if (!match) throw new CqlError(SYNTAX, `no table: ${text}`);
    const [, name, columns, , composite, single, clustering, order] = match;
    const types = new Map(
      list(columns!).map((each) => {
        const [column, type] = each.split(" ");
        if (!["bigint", "blob", "int", "text"].includes(type!)) refuse(`no type: ${type}`);
        return [column!, type as TypeName] as const;
      }),
    );
    const table: Table = {
      name: name!,
      columns: types,
      places: new Map([...types.keys()].map((column, at) => [column, at])),
      partition: composite ?? single!,
      clustering: clustering ? list(clustering) : [],
      descending: new Set(
        order ? list(order).flatMap((each) => (each.endsWith(" DESC") ? [each.split(" ")[0]!] : [])) : [],
      ),
    };
    this.#type(table, table.partition);
    for (const key of table.clustering)
      if (!/int$/.test(this.#type(table, key))) refuse(`the stand-in orders by numbers, not by ${key}`);
    if (this.#tables.has(table.name)) return table.name;
    this.#tables.set(table.name, table);
    this.#rows.create(table.name);
    return table.name;
  }

  prepare(text: string): Prepared {
    const statement = this.#insert(text) ?? this.#select(text) ?? this.#update(text) ?? this.#delete(text);
    if (!statement) throw new CqlError(SYNTAX, `no statement: ${text}`);
    const {table} = statement;
    const names = namesOf(statement);
    const parameters = names.map((name) => ({
      name,
      type: name === "[limit]" ? ("int" as const) : this.#type(table, name),
    }));
    const keyed =
      statement.kind === "insert"
        ? statement.columns
        : statement.where.filter(({operator}) => operator === "=").map(({column}) => column);
    if (!keyed.includes(table.partition)) refuse(`${table.name} is asked without the whole partition key: ${text}`);
    if (statement.kind === "insert" || statement.kind === "update")
      for (const key of table.clustering)
        if (!keyed.includes(key)) refuse(`${table.name} is written without ${key}: ${text}`);
    const results =
      statement.kind === "select" ? statement.columns.map((name) => ({name, type: this.#type(table, name)})) : [];
    return {statement, parameters, keyPlaces: [names.indexOf(table.partition)], results};
  }

  run({statement, parameters, results}: Prepared, values: readonly Value[]): Answer {
    if (values.length !== parameters.length) refuse(`${values.length} values for ${parameters.length}`);
    for (const [at, value] of values.entries()) checkSize(parameters[at]!, value);
    const {table} = statement;
    if (statement.kind === "insert") {
      const row: Row = new Array<Value>(table.columns.size).fill(null);
      for (const [at, place] of statement.places.entries()) row[place] = values[at]!;
      const place = placeOf(table, row);
      const isWhole = statement.columns.length === table.columns.size;
      const known = isWhole && !statement.ifAbsent ? undefined : this.#rows.at(table.name, place);
      if (statement.ifAbsent && known) return applied(false);
      // Columns that are not written stay as they are.
      if (known) for (const [at, value] of known.entries()) if (!statement.places.includes(at)) row[at] = value;
      this.#rows.put(table.name, place, row);
      return statement.ifAbsent ? applied(true) : NOTHING;
    }
    if (statement.kind === "select") {
      const where = bind(statement.where, values);
      const limit = statement.limit ? values.at(-1)!.readInt32BE() : Number.POSITIVE_INFINITY;
      const rows = this.#matching(table, where, limit);
      const places = results.map(({name}) => table.places.get(name)!);
      return {columns: results, rows: rows.map((row) => places.map((place) => row[place]!))};
    }
    const from = statement.kind === "update" ? statement.set.length : 0;
    const where = bind(statement.where, values.slice(from));
    if (statement.kind === "delete") {
      for (const row of this.#matching(table, where)) this.#rows.remove(table.name, placeOf(table, row));
      return NOTHING;
    }
    const conditions = bind(statement.conditions, values.slice(from + statement.where.length));
    const [row] = this.#matching(table, where);
    if (!row || !conditions.every((condition) => fits(row, condition, table))) return applied(false);
    for (const [at, column] of statement.set.entries()) row[table.places.get(column)!] = values[at]!;
    this.#rows.put(table.name, placeOf(table, row), row);
    return applied(true);
  }

  #insert(text: string): Statement | null {
    const match = /^INSERT INTO (\w+) \(([\w, ]+)\) VALUES \(([?, ]+)\)( IF NOT EXISTS)?$/.exec(text);
    if (!match) return null;
    const columns = list(match[2]!);
    if (list(match[3]!).length !== columns.length) refuse(`columns and values differ: ${text}`);
    const table = this.#of(match[1]!);
    const places = columns.map((column) => table.places.get(column) ?? refuse(`${table.name} has no column ${column}`));
    return {kind: "insert", table, columns, places, ifAbsent: match[4] !== undefined};
  }

  #select(text: string): Statement | null {
    const match = /^SELECT ([\w, ]+) FROM (\w+) WHERE (.+?)( LIMIT \?)?$/.exec(text);
    if (!match) return null;
    const table = this.#of(match[2]!);
    return {
      kind: "select",
      table,
      columns: list(match[1]!),
      where: conditionsOf(match[3]!),
      limit: match[4] !== undefined,
    };
  }

  #update(text: string): Statement | null {
    const match = /^UPDATE (\w+) SET (.+?) WHERE (.+?) IF (.+)$/.exec(text);
    if (!match) return null;
    const set = list(match[2]!).map((each) => /^(\w+) = \?$/.exec(each)?.[1] ?? refuse(`no assignment: ${each}`));
    return {
      kind: "update",
      table: this.#of(match[1]!),
      set,
      where: conditionsOf(match[3]!),
      conditions: conditionsOf(match[4]!),
    };
  }

  #delete(text: string): Statement | null {
    const match = /^DELETE FROM (\w+) WHERE (.+)$/.exec(text);
    return match ? {kind: "delete", table: this.#of(match[1]!), where: conditionsOf(match[2]!)} : null;
  }

  #of(name: string): Table {
    return this.#tables.get(name) ?? refuse(`no table ${name}`);
  }

  #type({name, columns}: Table, column: string): TypeName {
    return columns.get(column) ?? refuse(`${name} has no column ${column}`);
  }

  #matching(table: Table, where: readonly Bound[], limit = Number.POSITIVE_INFINITY): Row[] {
    const partition = where.find(({column}) => column === table.partition)!.value!;
    const found: Row[] = [];
    const {first, last} = rangeOf(table, where);
    for (const row of this.#rows.between(table.name, partition, first, last)) {
      if (!where.every((condition) => fits(row, condition, table))) continue;
      if (found.push(row) >= limit) break;
    }
    return found;
  }
}

type Bound = Condition & {readonly value: Value};

const namesOf = (statement: Statement): string[] => {
  if (statement.kind === "insert") return [...statement.columns];
  const where = statement.where.map(({column}) => column);
  if (statement.kind === "select") return [...where, ...(statement.limit ? ["[limit]"] : [])];
  return statement.kind === "delete"
    ? where
    : [...statement.set, ...where, ...statement.conditions.map(({column}) => column)];
};

const conditionsOf = (text: string): Condition[] =>
  text.split(" AND ").map((each) => {
    const match = /^(\w+) (=|>=|<=) \?$/.exec(each);
    if (!match) return refuse(`no condition: ${each}`);
    return {column: match[1]!, operator: match[2] as Condition["operator"]};
  });

const bind = (conditions: readonly Condition[], values: readonly Value[]): Bound[] =>
  conditions.map((condition, at) => ({...condition, value: values[at]!}));

/** Where a row lies: bytes of the clustering columns compare as their values do. */
function placeOf(table: Table, row: Row): Place {
  const value = (column: string): Buffer => row[table.places.get(column)!]!;
  const clustering = table.clustering.map((column) => sortable(table, column, value(column)));
  return {
    partition: value(table.partition),
    clustering: clustering.length === 1 ? clustering[0]! : Buffer.concat(clustering),
  };
}

/** Bytes that compare as the number in a clustering column does. */
function sortable({descending}: Table, column: string, value: Buffer): Buffer {
  const bytes = Buffer.from(value);
  // Two's complement: the sign comes first.
  bytes[0]! ^= 0x80;
  if (descending.has(column)) for (let at = 0; at < bytes.length; at++) bytes[at] = bytes[at]! ^ 0xff;
  return bytes;
}

/** Where in a partition rows can lie that meet what is said of the first clustering column. */
function rangeOf(table: Table, where: readonly Bound[]): {readonly first: Buffer; readonly last: Buffer} {
  let [first, last]: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  for (const {column, operator, value} of where) {
    if (column !== table.clustering[0]) continue;
    const bound = sortable(table, column, value!);
    const isFirst = table.descending.has(column) ? operator !== ">=" : operator !== "<=";
    const isLast = table.descending.has(column) ? operator !== "<=" : operator !== ">=";
    if (isFirst) first = bound;
    if (isLast) last = bound;
  }
  // Behind every row that begins like this.
  return {first, last: Buffer.concat([last, Buffer.alloc(32, 0xff)])};
}

function checkSize({name, type}: Column, value: Value): void {
  const size = type === "bigint" ? 8 : type === "int" ? 4 : null;
  if (value !== null && size !== null && value.length !== size) refuse(`${name} has ${value.length} bytes`);
}

function compare(type: TypeName, a: Buffer, b: Buffer): number {
  if (type === "bigint") return Number(a.readBigInt64BE() - b.readBigInt64BE());
  return type === "int" ? a.readInt32BE() - b.readInt32BE() : Buffer.compare(a, b);
}

function fits(row: Row, {column, operator, value}: Bound, table: Table): boolean {
  const own = row[table.places.get(column)!]!;
  if (own === null || value === null) return own === value;
  if (operator === "=") return own.equals(value);
  const by = compare(table.columns.get(column)!, own, value);
  return operator === ">=" ? by >= 0 : by <= 0;
}

const applied = (was: boolean): Answer => ({
  columns: [{name: "[applied]", type: "boolean"}],
  rows: [[Buffer.from([was ? 1 : 0])]],
});
