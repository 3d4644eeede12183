/** The driver's own connection, by which it learns which machines are there. */
import {setTimeout as sleep} from "node:timers/promises";
import type {Client} from "cassandra-driver";

/** What of the driver 4.10.0 is meant, which its types leave out. */
export interface ControlConnection {
  connection: object | null;
  _refresh(hosts?: Iterator<unknown>): Promise<void>;
}

export const controlOf = (client: Client): ControlConnection =>
  (client as unknown as {readonly controlConnection: ControlConnection}).controlConnection;

/**
 * Lets an attempt to connect again fail unheard, and tries once more. Two of them at once take the connection away from
 * each other, and the one that the driver's timer began rejects where nobody listens: that would end the process.
 */
export function guardControl(control: ControlConnection, pauseMs: number, signal: AbortSignal): void {
  const refresh = control._refresh.bind(control);
  control._refresh = async (hosts) => {
    try {
      await refresh(hosts);
    } catch {
      await sleep(pauseMs, undefined, {signal}).catch(() => undefined);
      if (!signal.aborted && control.connection === null) await control._refresh();
    }
  };
}
