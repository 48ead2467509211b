import { useSignal } from "@preact/signals";
import { connection } from "../../app.ts";
import { t } from "../../i18n/index.ts";
import { ta } from "../../i18n/access.ts";
import { SheetBody } from "../sheet.tsx";
import { Sure, Trouble, useCall } from "./parts.tsx";
import { PIN } from "./pin-pad.tsx";

/** The PIN that lifts children's limits for a while. The box does not tell the present one, nor whether there is one. */
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
  };
  return (
    <SheetBody title={t("settings.pin")}>
      <p>{ta("pin.about")}</p>
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
      <Sure
        key={done.value}
        name="remove-pin"
        words={ta("pin.remove")}
        question={ta("pin.remove.sure")}
        yes={ta("device.remove.yes")}
        call={removal}
        onYes={() => void removal.run(() => put(null)).then((ok) => ok && (done.value = "removed"))}
      />
    </SheetBody>
  );
}
