import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseYaml, stringify } from "yaml";
import { readDocument, writeFileAtomic } from "../atomic-file.ts";
import { TellyportError, messageOf } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { OWNER_SETTINGS, checkConfig } from "./index.ts";

/**
 * Changes what the owner has set at run time; it is on disk when this resolves, and in force where `apply` puts it.
 * @param directory of the state
 * @param patch sections and keys, merged into what is there; only keys that the schema marks as the owner's have any effect
 * @throws TellyportError `config-invalid`, `state-unusable`
 */
export async function changeOwnerSettings(
  directory: string,
  patch: Readonly<Record<string, unknown>>,
): Promise<void> {
  checkConfig(patch, "");
  const path = join(directory, OWNER_SETTINGS);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const before = await readDocument(path, (text) => {
      const value: unknown = parseYaml(text) ?? {};
      return isRecord(value) ? value : {};
    });
    await writeFileAtomic(path, stringify(merged(before ?? {}, patch)));
  } catch (error) {
    throw new TellyportError(
      "state-unusable",
      `The owner's settings cannot be written (${messageOf(error)}). Check that the state directory is writable and not full.`,
      { cause: error },
    );
  }
}

function merged(
  under: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const out: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = out[key];
    out[key] = isRecord(value) && isRecord(below) ? merged(below, value) : value;
  }
  return out;
}
