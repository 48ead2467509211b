/** Puts text where the person can paste it. @returns whether the browser let it */
export async function copyText(text: string): Promise<boolean> {
  // pages over plain http have no clipboard
  if (!("clipboard" in navigator)) return false;
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}
