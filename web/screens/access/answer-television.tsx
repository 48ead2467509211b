import { useSignal } from "@preact/signals";
import type { OfferState } from "../../../src/protocol/access-api.ts";
import { formatCode, normaliseCode } from "../../../src/protocol/pairing.ts";
import { connection } from "../../here.ts";
import { ta } from "../../i18n/access.ts";
import { t } from "../../i18n/index.ts";
import { showCode } from "../../pairing/code-field.ts";
import { Options, Trouble, useCall } from "./parts.tsx";

/** Whoever asks by itself becomes no owner. */
const ROLES = ["viewer", "kid", "guest"] as const;

/**
 * A television waits and shows a code: who it is to be, and then which number it shows.
 * @param props.code what was scanned; empty: it is typed
 */
export function AnswerTelevision(props: { code: string; onAnswered: (offer: OfferState) => void }) {
  const call = useCall();
  const role = useSignal<(typeof ROLES)[number]>("viewer");
  const shown = useSignal(props.code === "" ? "" : formatCode(props.code));
  const code = normaliseCode(shown.value);
  const options = ROLES.map((one) => ({ value: one, words: t(`role.${one}`), note: ta(`role.${one}.note`) }));
  const answer = (event: Event): void => {
    event.preventDefault();
    if (code === null) return;
    void call.run(async () => {
      const body = { code, role: role.value };
      props.onAnswered(await connection.call<OfferState>("POST", "/api/v1/pairing/answer", { body }));
    });
  };
  return (
    <form class="television" onSubmit={answer} data-television="">
      <label class="field">
        <span>{ta("television.code")}</span>
        <input
          class="code"
          name="television-code"
          value={shown.value}
          onInput={(event) => {
            shown.value = showCode(event.currentTarget.value);
            event.currentTarget.value = shown.value;
          }}
          placeholder="XXXX-XXXX"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
        />
      </label>
      <p class="quiet-text">{ta("television.help")}</p>
      <section>
        <h3>{ta("add.role")}</h3>
        <Options
          name="role"
          label={ta("add.role")}
          options={options}
          chosen={role.value}
          choose={(one) => (role.value = one)}
        />
      </section>
      <Trouble call={call} />
      <button class="primary" data-action="answer" disabled={call.busy.value || code === null}>
        {ta("television.answer")}
      </button>
    </form>
  );
}
