import { TellyportError } from "../../../kernel/errors.ts";

/**
 * Why a device gives no stream, by its status and `X-HDHomeRun-Error` (`805 - All Tuners In Use`).
 * @param name the channel's, for people
 */
export function streamRefusal(status: number, header: string | undefined, name: string): TellyportError {
  const code = Number(/^\s*(\d{3})\b/.exec(header ?? "")?.[1] ?? 0);
  switch (code) {
    case 803:
    case 804:
    case 805:
      return new TellyportError(
        "device-busy",
        `The HDHomeRun's tuners are in use by other programs (${code}): end one of them, or try again later.`,
      );
    case 806:
      return new TellyportError(
        "no-lock",
        `The HDHomeRun finds no signal for ${name} (806): check the aerial, or scan for channels on the device.`,
      );
    case 807:
      return new TellyportError(
        "no-data",
        `The HDHomeRun receives ${name}, but nothing comes (807): try another channel.`,
      );
    case 801:
      return new TellyportError(
        "unsupported",
        `The HDHomeRun no longer has ${name} (801): scan for channels on the device.`,
      );
    case 811:
      return new TellyportError(
        "unsupported",
        `${name} is copy protected: the HDHomeRun gives it to its maker's programs only (811).`,
      );
    default:
      break;
  }
  if (status === 404)
    return new TellyportError(
      "unsupported",
      `The HDHomeRun no longer has ${name}: scan for channels on the device.`,
    );
  // Without a reason 503 means busy: that is what old firmware has it for.
  if (status === 503)
    return new TellyportError(
      "device-busy",
      "The HDHomeRun refuses for now: end another program's stream, or try again later.",
    );
  return new TellyportError(
    "unsupported",
    `The HDHomeRun does not give ${name} (${status}): update its firmware, or scan for channels on it.`,
  );
}
