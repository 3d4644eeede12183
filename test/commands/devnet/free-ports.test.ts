import {once} from "node:events";
import {type AddressInfo, createServer} from "node:net";
import {expect, onTestFinished, test} from "vitest";
import {freePorts} from "../../../src/commands/devnet/free-ports.js";

test("ports differ, and lie below those of outgoing connections", async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) expect(port).toBeLessThan(32_768);
});

test("a port that somebody has is none", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const {port} = server.address() as AddressInfo;
  await expect(freePorts(1, [port, port])).rejects.toThrow(expect.objectContaining({code: "PORTS_IN_USE"}));
});
