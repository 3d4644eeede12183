/** What an audit stops at. */
export class AuditFault extends Error {}

export const fault = (height: bigint, what: string): never => {
  throw new AuditFault(`block ${height}: ${what}`);
};
