import { fit, printable, widthOf } from "./text.ts";

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: "left" | "right";
  /** The column may be shortened to this width when the terminal is narrow; absent: never. */
  readonly shrinkTo?: number;
}

const GAP = "  ";

/**
 * Rows below their titles, within the terminal's width as far as the columns allow.
 * @param width columns of the terminal; undefined: as wide as it comes
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | undefined,
): string {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => printable(column.value(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => widthOf(line[index] ?? ""))));
  shrink(columns, widths, (width ?? Infinity) - GAP.length * (columns.length - 1));
  return cells
    .map((line) =>
      line
        .map((cell, index) => fit(cell, widths[index] ?? 0, columns[index]?.align))
        .join(GAP)
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** Takes from the widest shrinkable column, a column at a time, until the sum fits. */
function shrink<Row>(columns: readonly Column<Row>[], widths: number[], room: number): void {
  let excess = widths.reduce((sum, one) => sum + one, 0) - room;
  while (excess > 0) {
    let widest = -1;
    columns.forEach(({ shrinkTo }, index) => {
      const own = widths[index] ?? 0;
      if (shrinkTo !== undefined && own > shrinkTo && own > (widths[widest] ?? 0)) widest = index;
    });
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
}
