/** A failure with a stable code (docs/errors.md) that the app has words for. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Milliseconds after which trying again makes sense. */
  readonly retryAfterMs: number | undefined;
  /** Facts to act on, per code. */
  readonly detail: unknown;

  /** @param title what the box says, in English; shown only when the app has no words for the code */
  constructor(
    code: string,
    title = code,
    more: { status?: number; retryAfterMs?: number; detail?: unknown } = {},
  ) {
    super(title);
    this.code = code;
    this.status = more.status ?? 0;
    this.retryAfterMs = more.retryAfterMs;
    this.detail = more.detail;
  }
}

/** No answer came: the phone is offline, or the box is off or elsewhere. */
export const UNREACHABLE = "box-unreachable";

/** Anything thrown, as a {@link Problem}; what is not ours counts as `internal`. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem("internal", error instanceof Error ? error.message : String(error));
}

/** That a playback has ended says little: the box adds why (`detail.code`), and that is what the person is told. */
export function causeOf(problem: Problem): Problem {
  const { code, message, status, detail } = problem;
  if (code !== "playback-ended" || typeof detail !== "object" || detail === null || !("code" in detail))
    return problem;
  return typeof detail.code === "string" ? new Problem(detail.code, message, { status, detail }) : problem;
}

/** Reads the RFC 9457 body of a failed answer; a body that is none becomes a problem by status. */
export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const code =
    typeof fields.code === "string" ? fields.code : response.status >= 502 ? UNREACHABLE : "internal";
  const title = typeof fields.title === "string" ? fields.title : `HTTP ${response.status}`;
  return new Problem(code, title, {
    status: response.status,
    detail: fields.detail,
    ...(typeof fields.retryAfterMs === "number" ? { retryAfterMs: fields.retryAfterMs } : {}),
  });
}
