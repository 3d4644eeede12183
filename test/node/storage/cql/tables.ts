/**
 * Tables in memory that take the few forms of CQL which a careful client needs, and refuse everything else: a query that
 * does not name the whole partition key, an unknown column, a condition that is no condition.
 *
 * The last write wins by order of arrival; times of writes are not kept.
 */
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

type Value = Buffer | null;
type Row = Map<string, Value>;

interface Table {
  readonly name: string;
  readonly columns: ReadonlyMap<string, TypeName>;
  readonly partition: readonly string[];
  readonly clustering: readonly string[];
  readonly descending: ReadonlySet<string>;
  /** By the hex of the partition key, each in clustering order. */
  readonly partitions: Map<string, Row[]>;
}

interface Condition {
  readonly column: string;
  readonly operator: "=" | ">=" | "<=";
}

type Statement =
  | {readonly kind: "insert"; readonly table: Table; readonly columns: readonly string[]; readonly ifAbsent: boolean}
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

const list = (text: string): string[] => text.split(",").map((each) => each.trim());

export class Tables {
  readonly #tables = new Map<string, Table>();

  /** Partitions that hold something, and the rows of the largest. */
  sizes(table: string): {readonly partitions: number; readonly largest: number} {
    const rows = [...this.#of(table).partitions.values()].map((each) => each.length);
    return {partitions: rows.length, largest: Math.max(0, ...rows)};
  }

  /** Damages a table: takes away the rows, counted over all partitions, that `isGone` says. */
  lose(table: string, isGone: (at: number) => boolean): void {
    let at = 0;
    const {partitions} = this.#of(table);
    for (const [key, rows] of partitions)
      partitions.set(
        key,
        rows.filter(() => !isGone(at++)),
      );
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
      partition: [composite ?? single!],
      clustering: clustering ? list(clustering) : [],
      descending: new Set(
        order ? list(order).flatMap((each) => (each.endsWith(" DESC") ? [each.split(" ")[0]!] : [])) : [],
      ),
      partitions: new Map(),
    };
    for (const key of [...table.partition, ...table.clustering]) this.#type(table, key);
    if (!this.#tables.has(table.name)) this.#tables.set(table.name, table);
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
    for (const key of table.partition)
      if (!keyed.includes(key)) refuse(`${table.name} is asked without the whole partition key: ${text}`);
    if (statement.kind === "insert" || statement.kind === "update")
      for (const key of table.clustering)
        if (!keyed.includes(key)) refuse(`${table.name} is written without ${key}: ${text}`);
    const results =
      statement.kind === "select" ? statement.columns.map((name) => ({name, type: this.#type(table, name)})) : [];
    return {statement, parameters, keyPlaces: table.partition.map((key) => names.indexOf(key)), results};
  }

  run({statement, parameters, results}: Prepared, values: readonly Value[]): Answer {
    if (values.length !== parameters.length) refuse(`${values.length} values for ${parameters.length}`);
    for (const [at, value] of values.entries()) checkSize(parameters[at]!, value);
    const {table} = statement;
    if (statement.kind === "insert") {
      const row: Row = new Map(statement.columns.map((column, at) => [column, values[at]!]));
      const known = this.#find(table, row);
      if (statement.ifAbsent && known) return applied(false);
      this.#put(table, row);
      return statement.ifAbsent ? applied(true) : {columns: [], rows: []};
    }
    if (statement.kind === "select") {
      const where = bind(statement.where, values);
      const limit = statement.limit ? values.at(-1)!.readInt32BE() : Number.POSITIVE_INFINITY;
      const rows = this.#matching(table, where).slice(0, limit);
      return {columns: results, rows: rows.map((row) => results.map(({name}) => row.get(name) ?? null))};
    }
    const from = statement.kind === "update" ? statement.set.length : 0;
    const where = bind(statement.where, values.slice(from));
    if (statement.kind === "delete") {
      const gone = new Set(this.#matching(table, where));
      for (const [key, rows] of table.partitions) {
        const kept = rows.filter((row) => !gone.has(row));
        if (kept.length > 0) table.partitions.set(key, kept);
        else table.partitions.delete(key);
      }
      return {columns: [], rows: []};
    }
    const conditions = bind(statement.conditions, values.slice(from + statement.where.length));
    const [row] = this.#matching(table, where);
    if (!row || !conditions.every((condition) => fits(row, condition, table))) return applied(false);
    for (const [at, column] of statement.set.entries()) row.set(column, values[at]!);
    return applied(true);
  }

  #insert(text: string): Statement | null {
    const match = /^INSERT INTO (\w+) \(([\w, ]+)\) VALUES \(([?, ]+)\)( IF NOT EXISTS)?$/.exec(text);
    if (!match) return null;
    const columns = list(match[2]!);
    if (list(match[3]!).length !== columns.length) refuse(`columns and values differ: ${text}`);
    return {kind: "insert", table: this.#of(match[1]!), columns, ifAbsent: match[4] !== undefined};
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

  #matching(table: Table, where: readonly Bound[]): Row[] {
    const rows =
      table.partitions.get(keyOf(table, (column) => where.find((each) => each.column === column)!.value!)) ?? [];
    return rows.filter((row) => where.every((condition) => fits(row, condition, table)));
  }

  #find(table: Table, like: Row): Row | undefined {
    const rows = table.partitions.get(keyOf(table, (column) => like.get(column)!)) ?? [];
    return rows.find((row) => table.clustering.every((column) => order(table, column, row, like) === 0));
  }

  #put(table: Table, row: Row): void {
    const known = this.#find(table, row);
    if (known) {
      for (const [column, value] of row) known.set(column, value);
      return;
    }
    const key = keyOf(table, (column) => row.get(column)!);
    const rows = table.partitions.get(key) ?? [];
    rows.push(row);
    rows.sort((a, b) => {
      for (const column of table.clustering) {
        const by = order(table, column, a, b) * (table.descending.has(column) ? -1 : 1);
        if (by !== 0) return by;
      }
      return 0;
    });
    table.partitions.set(key, rows);
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

const keyOf = (table: Table, value: (column: string) => Value): string =>
  table.partition.map((column) => value(column)!.toString("hex")).join("/");

function checkSize({name, type}: Column, value: Value): void {
  const size = type === "bigint" ? 8 : type === "int" ? 4 : null;
  if (value !== null && size !== null && value.length !== size) refuse(`${name} has ${value.length} bytes`);
}

function compare(type: TypeName, a: Buffer, b: Buffer): number {
  if (type === "bigint") return Number(a.readBigInt64BE() - b.readBigInt64BE());
  return type === "int" ? a.readInt32BE() - b.readInt32BE() : Buffer.compare(a, b);
}

const order = (table: Table, column: string, a: Row, b: Row): number =>
  compare(table.columns.get(column)!, a.get(column)!, b.get(column)!);

function fits(row: Row, {column, operator, value}: Bound, table: Table): boolean {
  const own = row.get(column) ?? null;
  if (own === null || value === null) return own === value;
  const by = compare(table.columns.get(column)!, own, value);
  return operator === "=" ? by === 0 : operator === ">=" ? by >= 0 : by <= 0;
}

const applied = (was: boolean): Answer => ({
  columns: [{name: "[applied]", type: "boolean"}],
  rows: [[Buffer.from([was ? 1 : 0])]],
});
