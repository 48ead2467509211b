import { useSignal } from "@preact/signals";
import type { OnlineState } from "../../../src/protocol/online.ts";
import { connection } from "../../here.ts";
import { tb } from "../../i18n/box.ts";
import { Trouble, useCall } from "../access/parts.tsx";

/** A name that people can say, in place of the box's long one. */
export function OnlineAlias({ online, set }: { online: OnlineState; set: (state: OnlineState) => void }) {
  const call = useCall();
  const text = useSignal(online.alias?.split(".")[0] ?? "");
  const said = useSignal("");
  const label = text.value.trim().toLowerCase();
  const choose = (wish: string | null): void =>
    void call.run(async () => {
      const state = await connection.call<OnlineState>("PUT", "/api/v1/online/alias", {
        body: { label: wish },
      });
      set(state);
      if (wish === null) text.value = "";
      said.value =
        wish === null ? tb("online.alias.gone") : tb("online.alias.said", { name: state.alias ?? wish });
    });
  return (
    <section>
      <form
        class="with-button"
        onSubmit={(event) => {
          event.preventDefault();
          if (label !== "") choose(label);
        }}
      >
        <label class="field">
          <span>{tb("online.alias")}</span>
          <input
            name="alias"
            maxLength={64}
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            enterKeyHint="done"
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </label>
        <button
          type="submit"
          data-action="save-alias"
          disabled={call.busy.value || label === "" || label === online.alias?.split(".")[0]}
        >
          {tb("online.save")}
        </button>
      </form>
      {said.value === "" ? (
        <p class="label">{tb("online.alias.about")}</p>
      ) : (
        <p role="status" data-alias-said>
          {said.value}
        </p>
      )}
      <Trouble call={call} />
      {online.alias !== null && (
        <button class="link" data-action="drop-alias" disabled={call.busy.value} onClick={() => choose(null)}>
          {tb("online.alias.remove")}
        </button>
      )}
    </section>
  );
}
