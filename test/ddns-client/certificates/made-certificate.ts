import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";

export interface MadeCertificate {
  readonly key: string;
  readonly cert: string;
  readonly keyFile: string;
  readonly certFile: string;
}

/** A certificate by OpenSSL that begins now. @param days of its life @param keyType of `openssl req -newkey` */
export async function madeCertificate(
  t: Teardown,
  names: readonly string[],
  days = 45,
  keyType = "ec -pkeyopt ec_paramgen_curve:P-256",
): Promise<MadeCertificate> {
  const folder = await temporaryFolder(t);
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const made = await runProgram("openssl", [
    ...`req -x509 -newkey ${keyType} -nodes -subj /O=Test/CN=box -days ${days}`.split(" "),
    ...["-addext", `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`],
    ...["-keyout", keyFile, "-out", certFile],
  ]);
  if (made.code !== 0) throw new Error(made.stderr);
  return { key: await readFile(keyFile, "utf8"), cert: await readFile(certFile, "utf8"), keyFile, certFile };
}
