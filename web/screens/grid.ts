/** @returns where the key leads from place `at`; -1 for nowhere */
export function destination(key: string, at: number, count: number, columns: () => number): number {
  const to =
    key === "ArrowRight"
      ? at + 1
      : key === "ArrowLeft"
        ? at - 1
        : key === "ArrowDown"
          ? at + columns()
          : key === "ArrowUp"
            ? at - columns()
            : key === "Home"
              ? 0
              : key === "End"
                ? count - 1
                : -1;
  return to >= 0 && to < count ? to : -1;
}
