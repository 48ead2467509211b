import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { certificateRequest } from "../../../src/ddns-client/certificates/csr.ts";
import { runProgram } from "../../helpers/daemon.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

t.test(
  "a request for a certificate is one to OpenSSL",
  { skip: skipWithoutProgram("openssl") },
  async (t) => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const file = join(await temporaryFolder(t), "csr.der");
    for (const names of [["a.box.test"], ["a.box.test", "*.a.box.test", `${"x".repeat(60)}.box.test`]]) {
      await writeFile(file, certificateRequest(privateKey, names));
      const judge = await runProgram("openssl", [
        "req",
        "-inform",
        "DER",
        "-in",
        file,
        "-verify",
        "-noout",
        "-text",
      ]);
      t.match(judge.stdout + judge.stderr, /self-signature verify OK/);
      t.match(
        judge.stdout,
        new RegExp(
          `Alternative Name:\\s+${names.map((name) => `DNS:${name.replace("*", "\\*")}`).join(", ")}\n`,
        ),
      );
      t.match(judge.stdout, /NIST CURVE: P-256/);
      t.match(judge.stdout, /Signature Algorithm: ecdsa-with-SHA256/);
      t.match(judge.stdout, /Version: 1 \(0x0\)/);
    }
  },
);
