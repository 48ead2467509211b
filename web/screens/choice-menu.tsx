import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { moveFocus } from "./arrow-keys.ts";
import { Icon, type IconName } from "./icon.tsx";

export interface Choice {
  readonly key: string;
  readonly words: string;
  readonly chosen: boolean;
  readonly choose: () => void;
}

export interface ChoiceMenuProps {
  /** Also the name that styles and tests know it by. */
  readonly name: string;
  readonly icon: IconName;
  readonly label: string;
  readonly choices: readonly Choice[];
  /** Name of the menu that is open; at most one is. */
  readonly open: Signal<string | null>;
}

/** A button, and the list that it opens: a sheet from below on phones, in reach of one thumb. */
export function ChoiceMenu({ name, icon, label, choices, open }: ChoiceMenuProps) {
  const root = useRef<HTMLDivElement>(null);
  const isOpen = open.value === name;
  const close = (): void => {
    if (open.value === name) open.value = null;
  };
  useEffect(() => {
    if (!isOpen) return;
    root.current?.querySelector<HTMLElement>("[aria-checked=true]")?.focus();
    const onPointer = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("pointerdown", onPointer);
    return () => document.removeEventListener("pointerdown", onPointer);
  }, [isOpen]);

  function closeAndReturn(): void {
    close();
    root.current?.querySelector<HTMLElement>("[aria-haspopup]")?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    event.stopPropagation(); // the same keys change the channel outside of the menu
    if (["Escape", "Backspace", "GoBack"].includes(event.key)) {
      event.preventDefault();
      closeAndReturn();
    } else moveFocus(event, root.current?.querySelector("[role=menu]") ?? null);
  }

  return (
    <div class="menu-anchor" ref={root}>
      <button
        class="round"
        data-action={name}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => (open.value = isOpen ? null : name)}
      >
        <Icon name={icon} />
      </button>
      {isOpen && (
        <div class="menu" role="menu" aria-label={label} onKeyDown={onKeyDown}>
          <p class="label" aria-hidden="true">
            {label}
          </p>
          {choices.map(({ key, words, chosen, choose }) => (
            <button
              key={key}
              role="menuitemradio"
              aria-checked={chosen}
              data-track={key}
              onClick={() => {
                choose();
                closeAndReturn();
              }}
            >
              {words}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
