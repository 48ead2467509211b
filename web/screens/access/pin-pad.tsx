import { useLayoutEffect } from "preact/hooks";
import type { Signal } from "@preact/signals";
import { ta } from "../../i18n/access.ts";
import { Icon } from "../icon.tsx";

/** Four to six digits. */
export const PIN = /^\d{4,6}$/;
const LONGEST = 6;

/** Digits for a thumb or a remote control; what was entered is not shown. */
export function PinPad(props: { pin: Signal<string>; disabled: boolean; onEnter: () => void }) {
  const { pin, disabled, onEnter } = props;
  const type = (digit: string): void => {
    if (!disabled && pin.value.length < LONGEST) pin.value += digit;
  };
  const erase = (): void => {
    if (!disabled) pin.value = pin.value.slice(0, -1);
  };
  // With the pad itself: who sees it may type.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (/^\d$/.test(event.key)) type(event.key);
      else if (event.key === "Delete") erase();
      else if (event.key === "Backspace" && pin.value !== "") {
        // Remote controls send it for "back", which the sheet takes when there is nothing to erase.
        event.preventDefault();
        erase();
      }
    };
    // Before the sheet hears of it.
    document.addEventListener("keydown", onKeyDown, { capture: true });
    return () => document.removeEventListener("keydown", onKeyDown, { capture: true });
  }, [disabled]);
  return (
    <div class="pin">
      <p class="dots" role="status" aria-label={ta("unlock.entered", { count: pin.value.length })}>
        {"●".repeat(pin.value.length) + "○".repeat(Math.max(0, 4 - pin.value.length))}
      </p>
      <div class="pad">
        {["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((digit) => (
          <button key={digit} data-digit={digit} disabled={disabled} onClick={() => type(digit)}>
            {digit}
          </button>
        ))}
        <button data-action="erase" aria-label={ta("unlock.erase")} disabled={disabled} onClick={erase}>
          <Icon name="erase" />
        </button>
        <button data-digit="0" disabled={disabled} onClick={() => type("0")}>
          0
        </button>
        <button
          class="primary"
          data-action="enter"
          aria-label={ta("unlock.enter")}
          disabled={disabled || !PIN.test(pin.value)}
          onClick={onEnter}
        >
          <Icon name="check" />
        </button>
      </div>
    </div>
  );
}
