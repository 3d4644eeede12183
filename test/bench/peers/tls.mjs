// Run by Node 24: CPU of a mutual TLS 1.3 handshake with X25519MLKEM768, both ends in this process. Prints milliseconds.
import {execFileSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import tls from "node:tls";

const HANDSHAKES = Number(process.argv[2]);
const folder = mkdtempSync(path.join(tmpdir(), "qsdm-tls-"));
const keyPath = path.join(folder, "key.pem");
const certPath = path.join(folder, "cert.pem");
const subject = ["-subj", "/CN=localhost", "-days", "1", "-nodes"];
const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", keyPath, "-out", certPath], {
  stdio: "ignore",
});
const [key, cert] = [readFileSync(keyPath), readFileSync(certPath)];
rmSync(folder, {recursive: true});
const common = {key, cert, ca: cert, minVersion: "TLSv1.3", ecdhCurve: "X25519MLKEM768"};
const server = tls.createServer({...common, requestCert: true, rejectUnauthorized: true}, (socket) => socket.end());
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const {port} = server.address();
const shake = () =>
  new Promise((resolve, reject) => {
    const socket = tls.connect({...common, host: "127.0.0.1", port, servername: "localhost"}, () => socket.resume());
    socket.on("close", resolve).on("error", reject);
  });
for (let i = 0; i < 20; i++) await shake();
let best = Number.POSITIVE_INFINITY;
for (let round = 0; round < 7; round++) {
  const before = process.cpuUsage();
  for (let i = 0; i < HANDSHAKES; i++) await shake();
  const {user, system} = process.cpuUsage(before);
  best = Math.min(best, (user + system) / 1_000 / HANDSHAKES);
}
server.close();
console.log(JSON.stringify({ms: best}));
