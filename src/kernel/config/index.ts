import { check } from "./faults.ts";
import { load, type ConfigKind, type Loaded, type LoadOptions } from "./loader.ts";
import { PROVISIONED, knownOf } from "./provision.ts";
import { ConfigSchema, type Config } from "./schema.ts";

export { ConfigSchema, type Config } from "./schema.ts";
export { faulty, type ConfigFault } from "./faults.ts";
export { leaves, type ConfigOrigin, type LoadOptions } from "./loader.ts";
export { OWNER_SETTINGS } from "./state-values.ts";
export { brandingOf, type Branding } from "./branding.ts";
export { nearest } from "./nearest.ts";
export {
  DEFAULT_PROVISION_PATH,
  PROVISIONED,
  keepProvision,
  readProvision,
  type Provision,
} from "./provision.ts";

/** Where installers put the box's file. */
export const DEFAULT_CONFIG_PATH = "/etc/tellyport/tellyport.yaml";

export type LoadedConfig = Loaded<Config>;

const BOX: ConfigKind<typeof ConfigSchema> = {
  schema: ConfigSchema,
  defaultPath: DEFAULT_CONFIG_PATH,
  stateDirectory: (config) => config.state.directory,
  provisioned: { file: PROVISIONED, knownOf },
};

/** The box's configuration. @throws as {@link load} */
export function loadConfig(options: LoadOptions = {}): Promise<LoadedConfig> {
  return load(BOX, options);
}

/** Checks a (partial) configuration of the box. @throws TellyportError `config-invalid` */
export function checkConfig(value: unknown, where: string): void {
  check(ConfigSchema, value, where);
}
