import { loadConfig } from "../kernel/config/index.ts";
import { TellyportError } from "../kernel/errors.ts";
import { checkProvision, leavesOf, provisioningOf } from "../provisioning.ts";

/** What a provisioning file comes to on this box. */
export interface ProvisionReport {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly state: ReturnType<typeof provisioningOf>;
  /** For people. */
  readonly lines: readonly string[];
}

const STANDS: Record<ProvisionReport["state"], string> = {
  applied: "This box was provisioned already: a changed file counts after a reset (`tellyport reset`).",
  refused: "This box refused it at its first start: the next start tries again.",
  new: "This box is new: its first start applies it.",
  older: "This box was set up before: the file counts after a reset (`tellyport reset`).",
};

/**
 * Checks a provisioning file as a first start does.
 * @param args.file default: the configured one
 * @throws TellyportError `config-unreadable` (also when there is none), `config-invalid`
 */
export async function describeProvision(args: {
  config?: string;
  state?: string;
  file?: string;
}): Promise<ProvisionReport> {
  const overrides = args.state === undefined ? {} : { state: { directory: args.state } };
  const { config } = await loadConfig({ path: args.config, overrides, withoutState: true });
  const path = args.file ?? config.provision.file;
  const provision = await checkProvision(path);
  if (provision === null)
    throw new TellyportError(
      "config-unreadable",
      `There is no ${path}: every value is the configuration's. Name another with --check FILE.`,
    );
  const state = provisioningOf(config.state.directory);
  const { values } = provision;
  const rows = leavesOf(values).map(({ key, value }) => `${key}  ${JSON.stringify(value)}`);
  return { path, values, state, lines: [`${path} is well.`, "", ...rows, "", STANDS[state]] };
}
