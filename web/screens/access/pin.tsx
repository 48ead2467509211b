import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { learnPin } from "../../access/follow.ts";
import { connection } from "../../here.ts";
import { t } from "../../i18n/index.ts";
import { ta } from "../../i18n/access.ts";
import * as state from "../../state.ts";
import { SheetBody } from "../sheet.tsx";
import { Sure, Trouble, useCall } from "./parts.tsx";
import { PIN } from "./pin-pad.tsx";

/** The PIN that lifts children's limits for a while. The box tells whether there is one, and not which. */
export function PinPage() {
  const call = useCall();
  const removal = useCall();
  const pin = useSignal("");
  const done = useSignal<"set" | "removed" | null>(null);
  const put = (value: string | null): Promise<unknown> =>
    connection.call("PUT", "/api/v1/parental-pin", { body: { pin: value } });
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!PIN.test(pin.value)) return;
    if (!(await call.run(() => put(pin.value)))) return;
    pin.value = "";
    done.value = "set";
    state.pinSet.value = true;
  };
  const remove = async (): Promise<void> => {
    if (!(await removal.run(() => put(null)))) return;
    done.value = "removed";
    state.pinSet.value = false;
  };
  useEffect(() => void learnPin(connection), []);
  const isSet = state.pinSet.value;
  return (
    <SheetBody title={t("settings.pin")}>
      <p>{ta("pin.about")}</p>
      {isSet !== null && done.value === null && (
        <p data-pin={isSet ? "set" : "none"}>
          <strong>{ta(isSet ? "pin.is-set" : "pin.is-none")}</strong>
        </p>
      )}
      <form class="with-button" onSubmit={(event) => void save(event)}>
        <label class="field">
          <span>{ta("pin.new")}</span>
          <input
            class="code"
            name="pin"
            inputMode="numeric"
            autocomplete="off"
            maxLength={6}
            placeholder="••••"
            value={pin.value}
            onInput={(event) => {
              pin.value = event.currentTarget.value.replace(/\D/g, "");
              event.currentTarget.value = pin.value;
              done.value = null;
            }}
          />
        </label>
        <button type="submit" data-action="set-pin" disabled={!PIN.test(pin.value) || call.busy.value}>
          {ta("save")}
        </button>
        <Trouble call={call} />
      </form>
      <p class="label" role="status">
        {done.value !== null && ta(`pin.${done.value}`)}
      </p>
      {isSet !== false && (
        <Sure
          key={done.value}
          name="remove-pin"
          words={ta("pin.remove")}
          question={ta("pin.remove.sure")}
          yes={ta("device.remove.yes")}
          call={removal}
          onYes={() => void remove()}
        />
      )}
    </SheetBody>
  );
}
