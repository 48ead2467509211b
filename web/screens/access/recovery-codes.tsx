import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { learnRecovery } from "../../access/follow.ts";
import { connection } from "../../here.ts";
import { t } from "../../i18n/index.ts";
import { day, ta } from "../../i18n/access.ts";
import * as state from "../../state.ts";
import { SheetBody } from "../sheet.tsx";
import { copyText } from "./copy.ts";
import { Sure, Trouble, useCall } from "./parts.tsx";

/** How many recovery codes are left, and new ones: shown this one time. */
export function RecoveryCodesPage() {
  const call = useCall();
  const codes = useSignal<readonly string[] | null>(null);
  useEffect(() => {
    void learnRecovery(connection);
  }, []);
  const make = (): void =>
    void call.run(async () => {
      const made = await connection.call<{ codes: string[] }>("POST", "/api/v1/recovery-codes");
      codes.value = made.codes;
      await learnRecovery(connection);
    });
  const { left = 0, madeAt = null } = state.recovery.value ?? {};
  return (
    <SheetBody title={t("settings.codes")}>
      {codes.value !== null ? (
        <Codes codes={codes.value} />
      ) : (
        <>
          <p>{ta("codes.about")}</p>
          {madeAt === null ? (
            <>
              <button class="primary" data-action="make-codes" disabled={call.busy.value} onClick={make}>
                {ta("codes.make")}
              </button>
              <Trouble call={call} />
            </>
          ) : (
            <>
              <p>
                <strong>{t("settings.codes.left", { count: left })}</strong>{" "}
                <span class="label">{ta("codes.made", { day: day(madeAt) })}</span>
              </p>
              <Sure
                name="make-codes"
                words={ta("codes.renew")}
                question={ta("codes.renew.sure")}
                yes={ta("codes.renew.yes")}
                call={call}
                onYes={make}
              />
            </>
          )}
        </>
      )}
    </SheetBody>
  );
}

function Codes({ codes }: { codes: readonly string[] }) {
  const copied = useSignal<boolean | null>(null);
  useEffect(() => {
    state.sheetHeld.value = true;
    return () => void (state.sheetHeld.value = false);
  }, []);
  const kept = (): void => {
    state.sheetHeld.value = false;
    state.leaveSheet();
  };
  const box = state.box.value;
  const heading = ta("codes.heading", { product: state.product(), box: box?.name ?? "" });
  const text = [heading, box?.id, "", ...codes].join("\n");
  return (
    <>
      <p>{ta("codes.once")}</p>
      <div class="codes printed">
        <p class="only-print">{heading}</p>
        <ol class="mono" data-codes={codes.length}>
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ol>
      </div>
      <div class="pair-of-buttons">
        <button data-action="copy" onClick={() => void copyText(text).then((done) => (copied.value = done))}>
          {ta("copy")}
        </button>
        <button data-action="print" onClick={() => window.print()}>
          {ta("print")}
        </button>
      </div>
      <p class="label" role="status">
        {copied.value !== null && ta(copied.value ? "copied" : "not-copied")}
      </p>
      <button class="primary" data-action="codes-kept" onClick={kept}>
        {ta("codes.kept")}
      </button>
    </>
  );
}
