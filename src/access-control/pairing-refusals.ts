import { TellyportError } from "../kernel/errors.ts";

/** @param codeGood whether the code that was typed can still be typed elsewhere */
export function ownerNeedsHttps(codeGood: boolean): TellyportError {
  const cure = codeGood
    ? "Open the box's https address with the same code."
    : "The code that was typed went out in the open and is no longer good: open a new one at the box (tellyport pair), and type it at the box's https address.";
  return new TellyportError("secure-origin-required", `This code makes an owner, over https alone. ${cure}`, {
    detail: { codeGood },
  });
}

/** Nobody is there who could say yes. */
export function ownerMissing(): TellyportError {
  return new TellyportError(
    "owner-missing",
    "An owner has to say yes to this, and the box has none. Pair one at the box's https address first: tellyport pair.",
  );
}

/** Wrong, unknown, expired and closed alike. */
export function refused(): TellyportError {
  return new TellyportError(
    "pairing-refused",
    "The code is wrong or no longer good. Open a new one at the box (tellyport pair) or on a phone that is an owner, and type it again.",
  );
}
