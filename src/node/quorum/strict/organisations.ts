/** Who runs the parties of a roster. */

/** Organisations of `parties`. One that names none adds none: nobody gains a voice by leaving its name out. */
export const organisationsOf = (parties: readonly {readonly organisation: string}[]): ReadonlySet<string> =>
  new Set(parties.map(({organisation}) => organisation).filter((organisation) => organisation !== ""));
