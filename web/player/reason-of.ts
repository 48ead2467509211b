import { Problem, UNREACHABLE, asProblem, causeOf, problemOf } from "../api/problem.ts";

/** Asks for the playlist as the player did. @returns null when the box has nothing against it */
export async function reasonOf(address: string): Promise<Problem | null> {
  try {
    const response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(5000) });
    return response.ok ? null : causeOf(await problemOf(response));
  } catch (error) {
    return new Problem(UNREACHABLE, asProblem(error).message);
  }
}
