/** A client of the node that the settings name, closed when its work is over. */
import type {Client} from "../node/api/client.js";
import {durationFlag} from "./flags.js";
import type {Io} from "./io.js";
import {loadSettings, type SettingFlags, type Settings} from "./settings.js";

/** Flags of addClientFlags, as commander gives them. */
export interface ClientFlags {
  readonly config?: string;
  readonly apiUrl?: string;
  readonly timeout?: string;
}

/** `flags` under the names of settings. */
export const settingFlags = ({config, apiUrl, timeout}: ClientFlags): SettingFlags => ({
  config,
  api_url: apiUrl,
  timeout,
});

/**
 * What `work` makes of a client and the settings. Requests end when the command is interrupted.
 * @throws UsageError and UnavailableError of the settings, the client and `work`
 */
export const withClient = <T>(
  io: Io,
  flags: ClientFlags,
  work: (client: Client, settings: Settings) => Promise<T>,
): Promise<T> => withClients(io, flags, [], ([client], settings) => work(client!, settings));

/** The same with a client for each of `urls`, or for the node of the settings where there are none. */
export async function withClients<T>(
  io: Io,
  flags: ClientFlags,
  urls: readonly string[],
  work: (clients: readonly Client[], settings: Settings) => Promise<T>,
): Promise<T> {
  const settings = await loadSettings(io.host, settingFlags(flags));
  const {CLIENT_DEFAULTS, createClient} = await import("../node/api/client.js");
  const timeoutMs = durationFlag(settings.timeout.value!);
  const clients = (urls.length > 0 ? urls : [settings.api_url.value!]).map((url) =>
    createClient({...CLIENT_DEFAULTS, url, timeoutMs, signal: io.signal}),
  );
  try {
    return await work(clients, settings);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}
