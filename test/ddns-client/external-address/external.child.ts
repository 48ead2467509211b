import { createPortMapper } from "../../../src/ddns-client/doors/doors.ts";
import { diagnose, type Diagnosis } from "../../../src/ddns-client/doors/diagnosis.ts";
import { ExternalAddress } from "../../../src/ddns-client/external-address/external-address.ts";
import type { StunServer } from "../../../src/ddns-client/external-address/stun-client.ts";
import type { ExternalView } from "../../../src/ddns-client/external-address/view.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { passingDoorMemory } from "../../helpers/passing-door-memory.ts";

/** A box that looks at its way into the internet, and prints what it thinks of it, a line of JSON each. Ends with its input. */
export interface ExternalWish {
  readonly servers: readonly StunServer[];
  readonly open: boolean;
}
export interface ExternalLine {
  readonly view: ExternalView;
  readonly diagnosis: Diagnosis;
}

const wish = JSON.parse(process.argv[2] ?? "") as ExternalWish;
const write = (): void => undefined;
const log = { debug: write, info: write, warn: write, error: write };
const mapper = createPortMapper(
  { clock: systemClock, log, memory: passingDoorMemory() },
  { internalPort: 8443, open: wish.open },
);
const external = new ExternalAddress({
  clock: systemClock,
  log,
  mapper,
  servers: () => wish.servers,
  internalPort: 8443,
});
const say = (): void => {
  const { view, isSettled } = external;
  const diagnosis = diagnose({
    own: view.sources.own,
    isAsked: true,
    router: mapper.state,
    stun: view.sources.stun,
    observed: { ipv4: null, ipv6: null },
    dialBack: { ipv4: null, ipv6: null },
    isSettled,
  });
  const line: ExternalLine = { view, diagnosis };
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
external.changes.on(say);
mapper.changes.on(say);
mapper.start();
external.start();
process.stdin.on("end", () => {
  void external.stop().then(() => mapper.stop());
});
process.stdin.resume();
