/** Resolves at the first SIGTERM or SIGINT; the second one ends the process the hard way. */
export function stopSignal(interrupted: AbortSignal | undefined): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    if (interrupted?.aborted === true) resolve("SIGTERM");
    const onSignal = (signal: NodeJS.Signals): void => {
      resolve(signal);
      for (const name of ["SIGTERM", "SIGINT"] as const) {
        process.removeListener(name, onSignal);
        process.once(name, () => process.kill(process.pid, "SIGKILL"));
      }
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}
