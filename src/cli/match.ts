import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import { nearest } from "../kernel/config/nearest.ts";

/** What a thing may be called by. */
export interface Named {
  readonly id: string;
  readonly name: string;
  readonly number?: number;
}

/**
 * Finds what a person means: the id, the number, the name (upper and lower case alike), or the beginning of one name alone.
 * @param kind for the messages: `channel`, `client`
 * @param list the command that lists them: `clients list`
 * @throws TellyportError `notFound`, with the nearest name; `usage` when several fit, with their names
 */
export function matchOne<T extends Named>(
  wanted: string,
  candidates: readonly T[],
  kind: string,
  notFound: ErrorCode,
  list: string,
): T {
  const folded = fold(wanted);
  const number = /^\d+$/.test(wanted) ? Number(wanted) : null;
  const found =
    pick(candidates.filter(({ id }) => id === wanted)) ??
    pick(candidates.filter((one) => number !== null && one.number === number)) ??
    pick(candidates.filter(({ name }) => fold(name) === folded)) ??
    pick(candidates.filter(({ name, id }) => fold(name).startsWith(folded) || id.startsWith(wanted)));
  if (found === undefined || folded === "") {
    const near = nearest(
      wanted,
      candidates.map(({ name }) => name),
    );
    throw new TellyportError(
      notFound,
      `There is no ${kind} "${wanted}"${near === null ? `: \`tellyport ${list}\` lists what there is.` : `: did you mean "${near}"?`}`,
    );
  }
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const names = found.map(({ id, name, number }) => `${number ?? id} ${name}`);
  throw new TellyportError(
    "usage",
    `"${wanted}" fits several ${kind}s: ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}. Give the number or the id.`,
    { detail: { candidates: found.map(({ id, name }) => ({ id, name })) } },
  );
}

/** Undefined when empty, so that the next way to fit is tried. */
function pick<T>(found: readonly T[]): readonly T[] | undefined {
  return found.length === 0 ? undefined : found;
}

function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().trim();
}
