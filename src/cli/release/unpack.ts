import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { pipeline, type Readable } from "node:stream";
import { TellyportError, messageOf, systemCode } from "../../kernel/errors.ts";
import { ContentsCheck, type Contents } from "./contents.ts";
import { TarHeaders } from "./tar-headers.ts";

/** Looks at all that an archive holds before anything of it is unpacked. @throws TellyportError `release-invalid`, `release-tool-missing` */
export async function contentsOf(archive: Buffer): Promise<Contents> {
  const xz = decompress(archive);
  const headers = new TarHeaders();
  const check = new ContentsCheck();
  const ended = endOf(xz, "xz");
  // It may end before it is waited for.
  ended.catch(() => undefined);
  try {
    for await (const piece of stdoutOf(xz) as AsyncIterable<Buffer>)
      for (const entry of headers.push(piece)) check.take(entry);
    await ended;
    if (!headers.ended) throw new RangeError("its end is missing");
    return check.end();
  } catch (error) {
    if (error instanceof RangeError) {
      xz.kill("SIGKILL");
      throw invalid(error.message);
    }
    // What broke off: the program says why.
    await ended;
    throw error;
  }
}

/** Unpacks an archive that was looked at into a folder, by the system's own tar. @throws TellyportError as {@link contentsOf} */
export async function unpack(archive: Buffer, folder: string): Promise<void> {
  const xz = decompress(archive);
  // -o: files belong to whoever unpacks them, not to a number that the archive names.
  const tar = spawn("tar", ["-x", "-o", "-f", "-", "-C", folder], { stdio: ["pipe", "ignore", "pipe"] });
  // One that ends early, or is not there, says why itself; the other ends with it.
  pipeline(stdoutOf(xz), tar.stdin, () => undefined);
  const [unpacked, read] = await Promise.allSettled([endOf(tar, "tar"), endOf(xz, "xz")]);
  for (const one of [unpacked, read]) if (one.status === "rejected") throw one.reason;
}

function decompress(archive: Buffer): ChildProcess {
  const xz = spawn("xz", ["-d", "-c"], { stdio: ["pipe", "pipe", "pipe"] });
  xz.stdin.on("error", () => undefined);
  xz.stdin.end(archive);
  return xz;
}

function stdoutOf({ stdout }: ChildProcess): Readable {
  if (stdout === null) throw new RangeError("it was started with a pipe");
  return stdout;
}

/** Resolves when a program ended well. @throws TellyportError `release-invalid` with its words; `release-tool-missing` */
async function endOf(child: ChildProcess, name: string): Promise<void> {
  let words = "";
  child.stderr?.on("data", (piece: Buffer) => (words = (words + piece.toString()).slice(0, 500)));
  let code: number | null;
  try {
    [code] = (await once(child, "close")) as [number | null];
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw invalid(messageOf(error));
    throw new TellyportError(
      "release-tool-missing",
      `\`${name}\` is not installed, and unpacks releases: install ${name === "xz" ? "xz-utils" : name}.`,
      { cause: error },
    );
  }
  if (code !== 0) throw invalid(`${name} says: ${words.trim().split("\n").at(-1) ?? ""}`);
}

/** @param why half a sentence */
export function invalid(why: string): TellyportError {
  return new TellyportError(
    "release-invalid",
    `This is no release for this box: ${why}. Nothing was changed. Fetch the file again, or the one for this machine.`,
  );
}
