import { ERRNO } from "./abi.ts";
import { DeviceError } from "./front-end.ts";
import type { DeviceFailure } from "./messages.ts";

/** What an error of the kernel's means for who wanted to watch, and what helps. */
export function failureOf(error: unknown, adapter: number): DeviceFailure {
  const name = `DVB adapter ${adapter}`;
  if (!(error instanceof DeviceError))
    return { code: "device-gone", message: `${name} cannot be used: ${String(error)}` };
  const { call, errno } = error;
  if (call === "open")
    switch (errno) {
      case ERRNO.EBUSY:
        return {
          code: "device-busy",
          message: `${name} is used by another program: end that, or name the adapters that are free under tuners.dvb.adapters.`,
        };
      case ERRNO.EACCES:
      case ERRNO.EPERM:
        return {
          code: "device-gone",
          message: `${name} may not be opened: make the user that Tellyport runs as a member of the group "video".`,
        };
      case ERRNO.EMFILE:
        return {
          code: "device-busy",
          message: `${name} has nothing free: too many files or filters are open. End other programs that receive with it.`,
        };
      default:
        return gone(adapter);
    }
  if (call === "FE_SET_PROPERTY" && errno === ERRNO.EINVAL)
    return {
      code: "unsupported",
      message: `${name} does not take the parameters of this multiplex: check its frequency and modulation.`,
    };
  if (call.startsWith("FE_DISEQC") || call === "FE_SET_VOLTAGE" || call === "FE_SET_TONE")
    return {
      code: "device-gone",
      message: `${name} cannot switch the dish (${call}, error ${errno}): check cable, LNB and switch for a short circuit.`,
    };
  return {
    code: "device-gone",
    message: `${name} was lost (${call}, error ${errno}): plug it in again; if it stays away, start the box again.`,
  };
}

/** The front end takes part in nothing while its driver is stuck. */
export const stuck = (adapter: number): DeviceFailure => ({
  code: "device-gone",
  message: `The driver of DVB adapter ${adapter} does not answer: plug it in again, or start the box again.`,
});

export const gone = (adapter: number): DeviceFailure => ({
  code: "device-gone",
  message: `DVB adapter ${adapter} is not there: plug it in again.`,
});
