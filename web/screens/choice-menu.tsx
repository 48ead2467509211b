import type { Signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { moveFocus } from "./arrow-keys.ts";
import { Icon, type IconName } from "./icon.tsx";

export interface Choice {
  readonly key: string;
  readonly words: string;
  /** Smaller, below the words. */
  readonly note?: string | undefined;
  /** Null: it is something to do, and not one of several. */
  readonly chosen: boolean | null;
  readonly choose: () => void;
  /** Name of the list that comes in the place of this one. */
  readonly leadsTo?: string;
}

export interface ChoiceList {
  /** Also the name that styles and tests know it by. */
  readonly name: string;
  readonly label: string;
  /** What to know before choosing. */
  readonly about?: string | undefined;
  readonly choices: readonly Choice[];
}

export interface ChoiceMenuProps extends ChoiceList {
  readonly icon: IconName;
  /** Name of the list that is open; at most one is. */
  readonly open: Signal<string | null>;
  /** Lists that choices lead to. */
  readonly further?: readonly ChoiceList[];
}

/** A button, and the list that it opens: a sheet from below on phones, in reach of one thumb. */
export function ChoiceMenu({ icon, open, further = [], ...first }: ChoiceMenuProps) {
  const root = useRef<HTMLDivElement>(null);
  const list = [first, ...further].find(({ name }) => name === open.value) ?? null;
  const close = (): void => {
    if (list !== null && open.value === list.name) open.value = null;
  };
  // before the next key comes
  useLayoutEffect(() => {
    if (list === null) return;
    const chosen = root.current?.querySelector<HTMLElement>("[aria-checked=true]");
    (chosen ?? root.current?.querySelector<HTMLElement>("[role=menu] button"))?.focus();
    const onPointer = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("pointerdown", onPointer);
    return () => document.removeEventListener("pointerdown", onPointer);
  }, [list?.name]);

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
        data-action={first.name}
        aria-label={first.label}
        aria-haspopup="menu"
        aria-expanded={list !== null}
        onClick={() => (open.value = list === null ? first.name : null)}
      >
        <Icon name={icon} />
      </button>
      {list !== null && (
        <div class="menu" role="menu" aria-label={list.label} onKeyDown={onKeyDown}>
          <p class="label" aria-hidden="true">
            {list.label}
          </p>
          {list.about !== undefined && <p class="menu-about">{list.about}</p>}
          {list.choices.map((choice) => (
            <ChoiceButton
              key={choice.key}
              choice={choice}
              onChoose={() => {
                choice.choose();
                if (choice.leadsTo !== undefined) open.value = choice.leadsTo;
                else closeAndReturn();
              }}
            />
          ))}
        </div>
      )}
    </div>
  );
}

function ChoiceButton({ choice, onChoose }: { choice: Choice; onChoose: () => void }) {
  const { key, words, note, chosen } = choice;
  return (
    <button
      role={chosen === null ? "menuitem" : "menuitemradio"}
      aria-checked={chosen ?? undefined}
      data-track={key}
      onClick={onChoose}
    >
      {words}
      {note !== undefined && <span class="menu-note">{note}</span>}
    </button>
  );
}
