/** Of machines, as Debian calls them. */
export type Architecture = "amd64" | "arm64" | "armhf";

/** What the top folder of a release's archive says. */
export interface ReleaseName {
  readonly version: string;
  readonly architecture: Architecture;
}

const VERSION = /^\d[0-9A-Za-z.+~-]{0,63}$/;
const NAME = /^tellyport-(.+)-linux-([a-z0-9]+)$/;
/** Other names of the same, of Node among them. */
const ARCHITECTURES: Readonly<Partial<Record<string, Architecture>>> = {
  amd64: "amd64",
  x64: "amd64",
  arm64: "arm64",
  armhf: "armhf",
  armv7l: "armhf",
  arm: "armhf",
};

/** Whether a text can be a version, and the name of a folder that stays where it is put. */
export function isVersion(text: string): boolean {
  return VERSION.test(text) && !text.includes("..");
}

/** `tellyport-0.2.0-linux-arm64`. @returns null for another name */
export function parseReleaseName(name: string): ReleaseName | null {
  const [, version = "", machine = ""] = NAME.exec(name) ?? [];
  const architecture = architectureOf(machine);
  return architecture === null || !isVersion(version) ? null : { version, architecture };
}

/** @param machine as Node or Debian call it. @returns null: there is no release for it */
export function architectureOf(machine: string): Architecture | null {
  return Object.hasOwn(ARCHITECTURES, machine) ? (ARCHITECTURES[machine] ?? null) : null;
}
