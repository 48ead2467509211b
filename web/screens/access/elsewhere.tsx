import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { HandOff } from "../../../src/protocol/access-api.ts";
import { installPage, makeInstallable } from "../../access/install.ts";
import { learnSelf } from "../../access/follow.ts";
import { connection } from "../../here.ts";
import { securePage } from "../../scanned.ts";
import { t } from "../../i18n/index.ts";
import { ta } from "../../i18n/access.ts";
import { withName } from "../../pairing/handed-name.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { SheetBody } from "../sheet.tsx";
import { copyText } from "./copy.ts";
import { Countdown } from "./countdown.tsx";
import { Trouble, useCall } from "./parts.tsx";
import { Qr } from "./qr.tsx";

/** A pass, and with it this device's name. @throws Problem */
async function makePass(): Promise<HandOff> {
  const [made] = await Promise.all([
    connection.call<HandOff>("POST", "/api/v1/hand-offs"),
    learnSelf(connection),
  ]);
  return { ...made, fragment: withName(made.fragment, state.self.value?.name ?? "") };
}

/** Where else this person may watch without asking the owner again: each takes a pass along. */
export function ElsewherePage() {
  const secure = securePage();
  return (
    <SheetBody title={t("settings.elsewhere")}>
      {secure !== null && <SecurePage address={secure} />}
      {installPage() && <HomeScreen />}
      <AnotherBrowser base={secure ?? `${location.origin}/`} />
    </SheetBody>
  );
}

/** From plain http to the same box over https. */
function SecurePage({ address }: { address: string }) {
  const call = useCall();
  const go = (): void =>
    void call.run(async () => {
      location.assign(address + (await makePass()).fragment);
    });
  return (
    <section>
      <h3>{ta("secure.title")}</h3>
      <p class="quiet-text">{ta("secure.about")}</p>
      <button class="primary" data-action="secure" disabled={call.busy.value} onClick={go}>
        <Icon name="lock" /> {ta("secure.go")}
      </button>
      <Trouble call={call} />
    </section>
  );
}

/** Apps on an iPhone's home screen keep their own storage: what is paired in the browser is a stranger there. */
function HomeScreen() {
  const call = useCall();
  const pass = useSignal<HandOff | null>(null);
  const prepare = (): void => void call.run(async () => (pass.value = await makePass()));
  const fragment = pass.value?.fragment;
  useEffect(() => (fragment === undefined ? undefined : makeInstallable(fragment)), [fragment]);
  return (
    <section>
      <h3>{ta("install.title")}</h3>
      {pass.value === null ? (
        <>
          <p class="quiet-text">{ta("install.about")}</p>
          <button class="primary" data-action="install" disabled={call.busy.value} onClick={prepare}>
            {ta("install.prepare")}
          </button>
          <Trouble call={call} />
        </>
      ) : (
        <>
          <ol class="steps" data-install>
            <li>{ta("install.share")}</li>
            <li>{ta("install.add")}</li>
            <li>{ta("install.open", { product: state.product() })}</li>
          </ol>
          <Countdown until={pass.value.expiresAt} onOver={() => (pass.value = null)} />
        </>
      )}
    </section>
  );
}

function AnotherBrowser({ base }: { base: string }) {
  const call = useCall();
  const pass = useSignal<HandOff | null>(null);
  const copied = useSignal<boolean | null>(null);
  const make = (): void =>
    void call.run(async () => {
      pass.value = await makePass();
      copied.value = null;
    });
  if (pass.value === null)
    return (
      <section>
        <h3>{ta("another.title")}</h3>
        <p class="quiet-text">{ta("another.about")}</p>
        <button data-action="another" disabled={call.busy.value} onClick={make}>
          {ta("another.make")}
        </button>
        <Trouble call={call} />
      </section>
    );
  const address = base + pass.value.fragment;
  return (
    <section class="offer" data-pass={pass.value.id}>
      <h3>{ta("another.title")}</h3>
      <Qr text={address} label={ta("another.qr")} />
      <Countdown until={pass.value.expiresAt} onOver={() => (pass.value = null)} />
      <p class="label">{ta("another.yours")}</p>
      <button data-action="copy" onClick={() => void copyText(address).then((done) => (copied.value = done))}>
        {ta("another.copy")}
      </button>
      <p class="label" role="status">
        {copied.value !== null && ta(copied.value ? "copied" : "not-copied")}
      </p>
      {copied.value === false && (
        <label class="field">
          <span>{ta("another.by-hand")}</span>
          <input
            class="mono"
            name="address"
            readOnly
            value={address}
            onFocus={(event) => event.currentTarget.select()}
          />
        </label>
      )}
    </section>
  );
}
