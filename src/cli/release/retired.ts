/** A release that lies beside others. */
export interface Lying {
  readonly version: string;
  /** Epoch ms. */
  readonly installedAt: number;
  /** It failed, and is not gone back to. */
  readonly bad: boolean;
}

/** Releases that are kept beside the one that came with the box. */
export const KEPT = 3;

/**
 * Which releases go when there are more than {@link KEPT}: what failed first, then the oldest.
 * @param needed versions that stay: the one that starts next, the one before, and what runs
 * @returns their versions
 */
export function retired(releases: readonly Lying[], needed: readonly (string | null)[]): string[] {
  const free = releases
    .filter(({ version }) => !needed.includes(version))
    .sort((a, b) => Number(b.bad) - Number(a.bad) || a.installedAt - b.installedAt);
  return free.slice(0, Math.max(0, releases.length - KEPT)).map(({ version }) => version);
}
