/** Whether another device could fetch what this page plays: it knows no certificate that a box made itself. */
export function fetchableByOthers(
  page: { readonly protocol: string; readonly hostname: string },
  trustedNames: readonly (string | null | undefined)[],
): boolean {
  return page.protocol === "http:" || trustedNames.some((name) => name === page.hostname);
}
