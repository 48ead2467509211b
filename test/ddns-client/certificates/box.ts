import { systemClock } from "../../../src/kernel/clock.ts";
import type { LineLog } from "../../../src/kernel/log-sparingly.ts";
import { createSafeFetch } from "../../../src/kernel/safe-fetch/index.ts";
import {
  AcmeAuthority,
  CertificateKeeper,
  certificateFiles,
  type AcmeOptions,
  type CertificateFiles,
  type DnsChallenges,
  type ServedCertificate,
} from "../../../src/ddns-client/certificates/index.ts";
import { eventually } from "../../helpers/daemon.ts";
import { hastyClock, type HastyClock } from "../../helpers/hasty-clock.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";

export const NAMES = ["abcdefghijklmnop.box.test", "*.abcdefghijklmnop.box.test"];
export const ALIAS = "livingroom.box.test";

export interface Line {
  readonly level: string;
  readonly event: string;
  readonly fields: Record<string, unknown>;
}

/** A log that keeps its lines. */
export function keptLog(): LineLog & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: object, event: string) =>
    void lines.push({ level, event, fields: fields as Record<string, unknown> });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export interface TestBox {
  readonly keeper: CertificateKeeper;
  readonly authority: AcmeAuthority;
  readonly clock: HastyClock;
  readonly state: string;
  readonly files: CertificateFiles;
  readonly log: ReturnType<typeof keptLog>;
  trusted: boolean;
}

/** A keeper as the box has it, 60 times as fast. It stops with the test. */
export async function testBox(
  t: Teardown,
  options: Omit<AcmeOptions, "directory"> & {
    readonly directory: string;
    readonly challenges: DnsChallenges;
    readonly state?: string;
    readonly speed?: number;
  },
): Promise<TestBox> {
  const state = options.state ?? (await temporaryFolder(t));
  const clock = hastyClock(options.speed ?? 60);
  const files = certificateFiles(state);
  const log = keptLog();
  const authority = new AcmeAuthority(
    { ...options, directory: new URL(options.directory) },
    { fetch: createSafeFetch({ clock: systemClock }), clock, files },
  );
  const box: TestBox = {
    authority,
    clock,
    state,
    files,
    log,
    trusted: true,
    keeper: new CertificateKeeper({
      authority,
      challenges: options.challenges,
      files,
      clock,
      log,
      random: Math.random,
      clockTrusted: () => box.trusted,
    }),
  };
  t.teardown(() => box.keeper.stop());
  return box;
}

/**
 * Time passes until there is a certificate: on a crowded machine, where deadlines are over so much sooner, a try more may be needed.
 * @param is whether it is the one that is waited for; default: any
 */
export function inTime(
  what: string,
  box: TestBox,
  is: (served: ServedCertificate) => boolean = () => true,
): Promise<ServedCertificate> {
  return eventually(
    what,
    () => {
      const served = box.keeper.current();
      if (served !== null && is(served)) return served;
      box.clock.ahead += 10_000;
      return null;
    },
    120_000,
  );
}
