import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { connection } from "../../here.ts";
import * as places from "../../places.ts";
import { Problem } from "../../api/problem.ts";
import { clockTime, t } from "../../i18n/index.ts";
import { minutesWords, ta } from "../../i18n/access.ts";
import * as state from "../../state.ts";
import { SheetBody } from "../sheet.tsx";
import { Trouble, useCall } from "./parts.tsx";
import { PinPad } from "./pin-pad.tsx";

/** A grown-up enters the PIN, and the limits are lifted for a while. */
export function UnlockPage() {
  const call = useCall();
  const pin = useSignal("");
  const lockedFor = useSignal(0);
  useEffect(() => {
    if (lockedFor.value === 0) return;
    const timer = setTimeout(() => {
      lockedFor.value = 0;
      call.problem.value = null;
    }, lockedFor.value);
    return () => clearTimeout(timer);
  }, [lockedFor.value]);

  async function enter(): Promise<void> {
    const done = await call.run(async () => {
      const { until } = await connection.call<{ until: string }>("POST", "/api/v1/clients/self/unlock", {
        body: { pin: pin.value },
      });
      state.liftedUntil.value = Date.parse(until);
    });
    pin.value = "";
    if (!done) {
      const { code, retryAfterMs } = call.problem.value ?? {};
      // The last wrong one that is free says itself how long it locks.
      const locks = code === "pin-locked" || (code === "pin-wrong" && retryAfterMs !== undefined);
      if (!locks) return;
      lockedFor.value = retryAfterMs ?? 60_000;
      call.problem.value = new Problem("pin-locked");
      return;
    }
    state.leaveSheet();
    if (places.player.current?.phase.value === "failed") places.player.current.again();
  }

  const lifted = state.liftedUntil.value > state.now.value;
  return (
    <SheetBody title={t("settings.unlock")}>
      <p>
        {lifted
          ? ta("unlock.lifted", { time: clockTime(new Date(state.liftedUntil.value).toISOString()) })
          : ta("unlock.about")}
      </p>
      <Trouble call={call} />
      {lockedFor.value > 0 && (
        <p class="label">{ta("unlock.wait", { time: minutesWords(Math.ceil(lockedFor.value / 60_000)) })}</p>
      )}
      <PinPad pin={pin} disabled={call.busy.value || lockedFor.value > 0} onEnter={() => void enter()} />
    </SheetBody>
  );
}
