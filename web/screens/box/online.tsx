import { useSignal } from "@preact/signals";
import type { OnlineChange, OnlineState } from "../../../src/protocol/online.ts";
import { Problem } from "../../api/problem.ts";
import { connection } from "../../here.ts";
import { cloudAddress, obstacleWords, onlineStanding } from "../../box/online-view.ts";
import { tb } from "../../i18n/box.ts";
import { language, problemWords, t } from "../../i18n/index.ts";
import { copyText } from "../access/copy.ts";
import { Sure, Trouble, useCall, type Call } from "../access/parts.tsx";
import { SheetBody } from "../sheet.tsx";
import { OnlineAlias } from "./online-alias.tsx";
import { OnlineDetails } from "./online-details.tsx";
import { More, Shown, Toggle, useAsked } from "./parts.tsx";

/** Milliseconds between two looks. */
const LOOK = 3000;
/** The box tells the cloud first, ms. */
const CHANGE = 45_000;
/** The box looks for up to a minute, ms. */
const TEST = 90_000;

/** Whether and how the box is reached from anywhere. */
export function OnlinePage() {
  const asked = useAsked<OnlineState>("/api/v1/online", LOOK);
  const call = useCall();
  const set = (answer: OnlineState): void => void (asked.value.value = answer);
  const change = (body: OnlineChange): void =>
    void call.run(async () =>
      set(await connection.call<OnlineState>("PATCH", "/api/v1/online", { body, timeoutMs: CHANGE })),
    );
  return (
    <SheetBody title={t("settings.online")}>
      <Shown asked={asked}>
        {(online) => (
          <>
            <Headline online={online} />
            {online.enabled ? (
              <>
                <Addresses online={online} />
                <Toggle
                  name="open-ports"
                  words={tb("online.door")}
                  note={tb("online.door.about")}
                  on={online.openPorts}
                  disabled={call.busy.value}
                  change={(openPorts) => change({ openPorts })}
                />
                <Trouble call={call} />
                <Test set={set} />
                {online.registration === "registered" && <OnlineAlias online={online} set={set} />}
                <More>
                  <OnlineDetails online={online} />
                </More>
                <Sure
                  name="online-off"
                  words={tb("online.switch-off")}
                  question={tb("online.switch-off.sure")}
                  yes={tb("online.switch-off.yes")}
                  call={call}
                  onYes={() => change({ enabled: false })}
                />
              </>
            ) : (
              <SwitchOn online={online} call={call} change={change} />
            )}
          </>
        )}
      </Shown>
    </SheetBody>
  );
}

/** The one thing to know, and what can be done about it. */
function Headline({ online }: { online: OnlineState }) {
  const standing = onlineStanding(online);
  const obstacle = obstacleWords(online, language.value);
  const problem = online.problem === null ? null : problemWords(new Problem(online.problem.code, ""));
  return (
    <div class="box-card headline" data-online={standing} role="status">
      <h3>{titleOf(standing, obstacle)}</h3>
      {standing === "off" && <p class="quiet-text">{tb("online.off.about")}</p>}
      {standing === "starting" && <p class="quiet-text">{tb("online.starting.about")}</p>}
      {problem !== null && standing === "trouble" && (
        <p>
          {problem.what}. {problem.wayOn}
        </p>
      )}
      {standing === "closed" && obstacle !== null && <p>{obstacle.advice}</p>}
      {standing === "works" && obstacle !== null && (
        <p class="quiet-text">
          {obstacle.title}. {obstacle.advice}
        </p>
      )}
    </div>
  );
}

function titleOf(
  standing: ReturnType<typeof onlineStanding>,
  obstacle: ReturnType<typeof obstacleWords>,
): string {
  switch (standing) {
    case "off":
      return tb("online.off");
    case "starting":
      return tb("online.starting");
    case "trouble":
      return tb("online.trouble");
    case "works":
      return tb("online.works");
    case "closed":
      return obstacle?.title ?? tb("online.starting");
  }
}

function Addresses({ online }: { online: OnlineState }) {
  const { home, away } = online.addresses;
  const copied = useSignal<boolean | null>(null);
  const address = away ?? home;
  if (address === null) return null;
  return (
    <section>
      <dl class="addresses">
        {away !== null && (
          <>
            <dt>{tb("online.address.away")}</dt>
            <dd class="mono">{away}</dd>
          </>
        )}
        {home !== null && (
          <>
            <dt>{tb("online.address.home")}</dt>
            <dd class="mono">{home}</dd>
          </>
        )}
      </dl>
      <button
        data-action="copy-address"
        onClick={() => void copyText(address).then((done) => (copied.value = done))}
      >
        {tb("online.copy")}
      </button>
      {copied.value !== null && (
        <p role="status">{tb(copied.value ? "online.copied" : "online.not-copied")}</p>
      )}
    </section>
  );
}

/** Looks at everything anew; the box answers when it has. */
function Test({ set }: { set: (state: OnlineState) => void }) {
  const call = useCall();
  const tested = useSignal(false);
  const test = async (): Promise<void> => {
    set(await connection.call<OnlineState>("POST", "/api/v1/online/test", { timeoutMs: TEST }));
    tested.value = true;
  };
  return (
    <>
      <button data-action="online-test" disabled={call.busy.value} onClick={() => void call.run(test)}>
        {tb("online.test")}
      </button>
      {call.busy.value && <p role="status">{tb("online.testing")}</p>}
      {!call.busy.value && tested.value && call.problem.value === null && (
        <p role="status">{tb("online.tested")}</p>
      )}
      <Trouble call={call} />
    </>
  );
}

function SwitchOn(props: { online: OnlineState; call: Call; change: (change: OnlineChange) => void }) {
  const { online, call, change } = props;
  const text = useSignal(online.cloud ?? "");
  const openPorts = useSignal(online.openPorts);
  const bad = useSignal(false);
  const on = (event: Event): void => {
    event.preventDefault();
    const cloud = cloudAddress(text.value);
    bad.value = cloud === null;
    if (cloud !== null) change({ enabled: true, cloud, openPorts: openPorts.value });
  };
  return (
    <form class="box-form" onSubmit={on}>
      <label class="field">
        <span>{tb("online.cloud")}</span>
        <input
          name="cloud"
          inputMode="url"
          autocomplete="url"
          autocapitalize="off"
          spellcheck={false}
          maxLength={300}
          placeholder="https://"
          aria-invalid={bad.value}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            bad.value = false;
          }}
        />
      </label>
      {bad.value ? (
        <p class="problem" role="alert">
          {tb("online.cloud.bad")}
        </p>
      ) : (
        <p class="label">{tb("online.cloud.about")}</p>
      )}
      <Toggle
        name="open-ports"
        words={tb("online.door")}
        note={tb("online.door.about")}
        on={openPorts.value}
        change={(value) => (openPorts.value = value)}
      />
      <button class="primary" type="submit" data-action="online-on" disabled={call.busy.value}>
        {tb("online.on")}
      </button>
      <Trouble call={call} />
    </form>
  );
}
