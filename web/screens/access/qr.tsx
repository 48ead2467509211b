import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** White modules around the code; ISO/IEC 18004 §9.1 asks for four. */
const QUIET_ZONE = 4;

/** A text as a QR code, always dark on white: cameras want it so. Without the library, which comes late, nothing. */
export function Qr({ text, label }: { text: string; label: string }) {
  const drawn = useSignal<{ size: number; path: string } | null>(null);
  useEffect(() => {
    let wanted = true;
    import("uqr").then(
      ({ encode }) => {
        const { size, data } = encode(text, { ecc: "M", border: QUIET_ZONE });
        if (wanted) drawn.value = { size, path: pathOf(data) };
      },
      () => undefined, // the letters beside it do as well
    );
    return () => void (wanted = false);
  }, [text]);
  if (drawn.value === null) return <div class="qr" aria-hidden="true" />;
  const { size, path } = drawn.value;
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <path d={path} />
    </svg>
  );
}

/** One line for each run of dark modules. */
export function pathOf(rows: readonly (readonly boolean[])[]): string {
  return rows
    .map((row, y) => {
      const runs = [
        ...row
          .map((dark) => (dark ? "1" : "0"))
          .join("")
          .matchAll(/1+/g),
      ];
      return runs.map((run) => `M${run.index} ${y}h${run[0].length}v1h-${run[0].length}z`).join("");
    })
    .join("");
}
