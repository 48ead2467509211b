/**
 * How long one look of a long part lasts, seconds. `TELLYPORT_LONG_SECONDS` says otherwise for all of them: 20 to see that
 * a part works, 3600 for a night.
 */
export function lasting(seconds: number): number {
  const wanted = Number(process.env["TELLYPORT_LONG_SECONDS"] ?? "");
  return wanted > 0 ? wanted : seconds;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
