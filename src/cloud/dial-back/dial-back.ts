import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf, TellyportError } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { networkOf } from "../../kernel/network-address.ts";
import { homeNetwork, isHomePort, type HomeNetwork } from "../../kernel/safe-fetch/index.ts";
import { RecentMap } from "../../kernel/recent-map.ts";
import { TokenBuckets, type BucketShape } from "../../kernel/token-buckets.ts";
import { DIAL_BACK_PATH } from "../../protocol/registration.ts";
import type { DialBack } from "../ports.ts";
import type { PublicAddresses } from "../public-address.ts";
import { answers } from "./answer.ts";
import { askAt, NoAnswer } from "./ask.ts";

export interface DialBackLimits {
  /** Connections at once; default 64. */
  readonly atOnce: number;
  /** Questions of one network, those of a box that was there before apart; default 10, and one in six seconds. */
  readonly asked: BucketShape;
  /** For the whole of it, ms; default 5000. */
  readonly wholeMs: number;
}

export const DIAL_BACK_LIMITS: DialBackLimits = {
  atOnce: 64,
  asked: { burst: 10, perSecond: 1 / 6 },
  wholeMs: 5000,
};

export interface DialBackDeps {
  readonly clock: Clock;
  readonly log: LineLog;
  /** Which may be connected to. */
  readonly addresses: PublicAddresses;
  readonly limits?: Partial<DialBackLimits>;
  /** The network that the cloud stands in, of which nothing is asked; default: as the machine's interfaces say. */
  readonly network?: () => HomeNetwork;
  /** Whether labs' prefixes may hold the cloud's own and its neighbours; default false. */
  readonly near?: boolean;
}

/** Bytes of a nonce. */
const NONCE_BYTES = 24;
/** Boxes that were where they said. */
const REMEMBERED = 65_536;

/**
 * Asks boxes at the addresses that they claim. It connects to no name, to nothing private or reserved, to no port of another service, and
 * to the cloud's own network only in a lab: nobody has it look into places that he cannot reach himself.
 */
export function createDialBack(deps: DialBackDeps): DialBack {
  const { clock, log, addresses, near = false } = deps;
  const limits = { ...DIAL_BACK_LIMITS, ...deps.limits };
  const network = deps.network ?? (() => homeNetwork(networkInterfaces()));
  const asked = new TokenBuckets(limits.asked, REMEMBERED);
  /** By network and box: whoever reports from behind the same address uses up nothing of theirs. */
  const known = new RecentMap<true>(REMEMBERED);
  let open = 0;

  function mayAsk(address: string, port: number): boolean {
    if (addresses.judge(address) !== address || !isHomePort(port)) return false;
    const here = network();
    return near || !(here.isOwn(address) || here.isNeighbour(address));
  }

  return {
    async verify({ boxId, publicKey, address, port, signal }) {
      if (!mayAsk(address, port)) return false;
      const here = networkOf(address);
      const box = `${here} ${boxId}`;
      const wait = asked.take(known.get(box) === true ? box : here, clock.monotonic());
      if (wait > 0) throw tooMany(wait);
      if (open >= limits.atOnce) throw tooMany(limits.wholeMs);
      const nonce = randomBytes(NONCE_BYTES).toString("base64url");
      const query = new URLSearchParams({ nonce, address, port: String(port) });
      const whole = new AbortController();
      const timer = clock.after(limits.wholeMs, () => whole.abort(new NoAnswer("timeout")));
      open++;
      try {
        const path = `${DIAL_BACK_PATH}?${query.toString()}`;
        const body = await askAt(address, port, path, AbortSignal.any([signal, whole.signal]));
        const isThere = answers(body, { boxId, publicKey, nonce, address, port });
        if (isThere) known.set(box, true);
        else log.info({ box: boxId, address, port }, "dial-back-answered-wrongly");
        return isThere;
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        log.debug({ box: boxId, address, port, why: messageOf(error) }, "dial-back-unanswered");
        return false;
      } finally {
        open--;
        timer.cancel();
      }
    },
  };
}

function tooMany(retryAfterMs: number): TellyportError {
  return new TellyportError(
    "rate-limited",
    "Too many addresses are being checked. Wait a moment, and ask again.",
    {
      retryAfterMs,
    },
  );
}
