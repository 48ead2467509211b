import { lstat, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "../kernel/config/index.ts";
import { TellyportError, isTellyportError, systemCode } from "../kernel/errors.ts";
import { checkProvision } from "../provisioning.ts";
import { isPrivateKey } from "./release/signature.ts";

/** Something that an image must not have. */
export interface ImageFinding {
  /** Within the image: `/etc/machine-id`. */
  readonly path: string;
  /** What it would do, and the cure. */
  readonly message: string;
}

/** Where installers put files. */
const CONFIGURATION = "/etc/tellyport";
/** Folders of state, which every box makes for itself, beside the one that its configuration names. */
const STATE = ["/var/lib/tellyport", "/var/lib/private/tellyport", "/var/lib/tellyport-cloud"];

/**
 * Looks for what would make all boxes of one image the same box.
 * @param root folder with the image's root file system
 * @throws TellyportError `usage` for what is none
 */
export async function checkImage(root: string): Promise<ImageFinding[]> {
  if ((await namesIn(join(root, "etc"))).length === 0)
    throw new TellyportError(
      "usage",
      `${root} is no root file system: it has no etc. Name the folder in which the image's own /etc and /usr are.`,
    );
  const provision = await readConfigured(root, "provision.yaml", checkProvision);
  const configured = await readConfigured(root, "tellyport.yaml", (path) =>
    loadConfig({ path, withoutState: true }),
  );
  const folders = new Set([...STATE, ...configured.read.map(({ config }) => config.state.directory)]);
  const state = await Promise.all(
    [...folders].map(async (folder) =>
      (await namesIn(join(root, folder))).map((name) => ({
        path: `${folder}/${name}`,
        message:
          name === "identity.key"
            ? "This key is the box: all boxes of this image would be one. Remove it; each makes its own at its first start."
            : "State of the box on which the image was made. Empty the folder.",
      })),
    ),
  );
  const faults = [...configured.faults, ...provision.faults];
  return [...state.flat(), ...(await machineIds(root)), ...(await secrets(root)), ...faults];
}

async function machineIds(root: string): Promise<ImageFinding[]> {
  const found: ImageFinding[] = [];
  for (const path of ["/etc/machine-id", "/var/lib/dbus/machine-id"]) {
    const file = await lstat(join(root, path)).catch(() => null);
    // A link is to the other one.
    if (file?.isFile() !== true) continue;
    const text = (await readFile(join(root, path), "utf8")).trim();
    if (text === "" || text === "uninitialized") continue;
    const message = `All boxes would have one machine id, and one address by DHCP. Empty it: \`truncate -s 0 ${path}\` in the image.`;
    found.push({ path, message });
  }
  return found;
}

async function secrets(root: string): Promise<ImageFinding[]> {
  const keys = (await namesIn(join(root, "/etc/ssh"))).filter((name) => /^ssh_host_.*_key$/.test(name));
  const texts = await Promise.all(
    (await namesIn(join(root, CONFIGURATION))).map(async (name) => ({
      name,
      text: await readFile(join(root, CONFIGURATION, name), "utf8").catch(() => ""),
    })),
  );
  const own = texts.filter(({ text }) => isPrivateKey(text));
  const phone = "/root/.config/tellyport/credentials.json";
  const seed = "/var/lib/systemd/random-seed";
  return [
    ...keys.map((name) => ({
      path: `/etc/ssh/${name}`,
      message: "Whoever has one box could pose as any other. Remove it, and have each box make its own.",
    })),
    ...own.map(({ name }) => ({
      path: `${CONFIGURATION}/${name}`,
      message:
        "A private key, which every owner of such a box would have. Remove it: a box needs the public one alone, and a key of its own for https.",
    })),
    ...((await isThere(join(root, phone)))
      ? [{ path: phone, message: "Whoever has this image could enter a box as its owner. Remove it." }]
      : []),
    ...((await isThere(join(root, seed)))
      ? [{ path: seed, message: "All boxes would begin with the same chance. Remove it." }]
      : []),
  ];
}

/** Reads a file that an installer put there, if it is: nobody looks when the box starts. @returns what was read, or its fault */
async function readConfigured<Read>(
  root: string,
  name: string,
  read: (path: string) => Promise<Read>,
): Promise<{ read: Read[]; faults: ImageFinding[] }> {
  const path = join(root, CONFIGURATION, name);
  if (!(await isThere(path))) return { read: [], faults: [] };
  try {
    return { read: [await read(path)], faults: [] };
  } catch (error) {
    if (!isTellyportError(error)) throw error;
    return { read: [], faults: [{ path: `${CONFIGURATION}/${name}`, message: error.message }] };
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  }
}
