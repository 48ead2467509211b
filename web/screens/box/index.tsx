import type { BoxPage } from "../../state.ts";

/** Pages of the sheet about the box itself; for owners. */
export function Page({ page }: { page: BoxPage }) {
  return <p>{page.name}</p>;
}
