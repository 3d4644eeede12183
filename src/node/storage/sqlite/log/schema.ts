/** Tables of a log. */

/** Fences by themselves: beside the parts, each is on a page of its own. */
export const fenceIndex = (name: string): string =>
  `CREATE INDEX IF NOT EXISTS ${name}_part_fence ON ${name}_part (seq, fence);\n`;

/** The log `name`: chunks of cells in the order in which they came, and the sorted runs that find them. */
export const logSchema = (name: string): string => `
CREATE TABLE ${name} (
  seq INTEGER PRIMARY KEY,
  height INTEGER NOT NULL,
  cells INTEGER NOT NULL,
  value BLOB NOT NULL
) STRICT;
CREATE INDEX ${name}_height ON ${name} (height);
CREATE TABLE ${name}_run (
  id INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  target INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  entries INTEGER NOT NULL
) STRICT;
CREATE TABLE ${name}_part (
  seq INTEGER PRIMARY KEY,
  fence BLOB NOT NULL,
  value BLOB NOT NULL
) STRICT;
${fenceIndex(name)}`;
