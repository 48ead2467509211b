import "./old-browsers.ts";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import type { Problem } from "../api/problem.ts";
import * as app from "../app.ts";
import * as places from "../places.ts";
import { language, problemWords, t } from "../i18n/index.ts";
import { recall } from "../memory.ts";
import { Logo } from "../screens/icon.tsx";
import { PlayerScreen } from "../screens/player.tsx";
import { Sheet } from "../screens/sheet.tsx";
import { StrangerScreen } from "../screens/stranger.tsx";
import * as state from "../state.ts";
import { TvAsk } from "./ask.tsx";
import { TvChannels, noteWatched } from "./channels.tsx";
import { FirstRun } from "./first-run.tsx";
import { Frame } from "./frame.tsx";
import { TvHome } from "./home.tsx";
import { moveFocus } from "./move-focus.ts";
import * as offering from "./offering.ts";
import { followPlace, place, toHome } from "./place.ts";
import { Question } from "./question.tsx";
import { isBack } from "./remote.ts";
import { atScreen, forget, learn, learnBox, learnWatching, takeScreenLink } from "./screen-state.ts";
import "../styles/tv-main.css";

/** Milliseconds until a page that found no box looks for it again: nobody may be there to press a key. */
const AGAIN = 5000;
/** Milliseconds between looks at who watches, should an event be lost. */
const LOOK = 30_000;

/** Good for the first pairing of this page. */
const link = takeScreenLink();

/** The television's own page: shown on the box's own screen, or in any television at home. */
function Tv() {
  return (
    <>
      <CurrentScreen />
      {state.sheet.value.length > 0 && <Sheet />}
      {atScreen.value === true && <Question />}
    </>
  );
}

function CurrentScreen() {
  const screen = state.screen.value;
  switch (screen.name) {
    case "starting":
      return <Waiting />;
    case "pair":
      return <TvAsk key={screen.reason?.code ?? ""} link={link} reason={screen.reason} />;
    case "player":
      return places.player.current && <PlayerScreen player={places.player.current} />;
    case "stranger":
      return <StrangerScreen kept={screen.kept} />;
    case "error":
      return <Failed problem={screen.problem} />;
    default:
      return <Paired />;
  }
}

function Paired() {
  if (atScreen.value === null) return <Waiting />;
  if (!atScreen.value || place.value === "list") return <TvChannels />;
  return state.box.value?.claimed === false ? <FirstRun /> : <TvHome />;
}

function Waiting() {
  return (
    <main class="page pair" data-screen="starting" aria-busy="true">
      <div class="card">
        <Logo />
        <p role="status">{t("app.loading")}</p>
      </div>
    </main>
  );
}

function Failed({ problem }: { problem: Problem }) {
  const { what, wayOn } = problemWords(problem);
  useEffect(() => {
    const timer = setTimeout(() => void app.connect(), AGAIN);
    return () => clearTimeout(timer);
  }, [problem]);
  return (
    <Frame
      name="error"
      actions={
        <button class="primary" data-action="retry" data-first="" onClick={() => void app.connect()}>
          {t("app.retry")}
        </button>
      }
    >
      <div class="tv-trouble" role="alert" data-code={problem.code}>
        <h2>{what}</h2>
        <p class="quiet-text">{wayOn}</p>
      </div>
    </Frame>
  );
}

/** Arrow keys and Back, wherever the player or a dialog does not take them itself. */
function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  const dialog = document.querySelector<HTMLElement>("dialog[open]");
  if (state.screen.value.name === "player" && dialog === null) {
    // The player knows Back by its name alone.
    if (isBack(event) && !["GoBack", "Escape", "Backspace"].includes(event.key)) places.leaveChannel();
    return;
  }
  if (moveFocus(event, dialog ?? document.body)) event.preventDefault();
  else if (dialog === null && isBack(event) && place.value === "list") {
    event.preventDefault();
    toHome();
  }
}

function begin(): void {
  document.addEventListener("keydown", onKeyDown);
  followPlace();
  state.me.subscribe((me) => (me === null ? forget() : void learn()));
  state.watchers.subscribe(() => atScreen.value === true && void learnWatching());
  state.offer.subscribe((offer) => {
    offering.onOffer(offer);
    if (offer?.state === "paired" && state.box.value?.claimed === false) void learnBox();
  });
  // The television's own language is its maker's: the installer's choice goes before it, and after one made in the app.
  state.box.subscribe((box) => {
    if (box?.language !== undefined && recall("language") === null) language.value = box.language;
  });
  let wasLive = true;
  state.live.subscribe((live) => {
    if (live && !wasLive) void learn().then(offering.onBoxBack);
    wasLive = live;
  });
  state.screen.subscribe(({ name }) => {
    const watched = name === "player" ? places.player.current?.channel.value?.id : undefined;
    if (watched !== undefined) noteWatched(watched);
  });
  // a link that is opened while the page is there changes nothing but the fragment
  window.addEventListener("hashchange", () => /^#s=/.test(location.hash) && location.reload());
  setInterval(() => atScreen.value !== false && void learn(), LOOK);
}

const root = document.querySelector("#app");
if (root !== null) render(<Tv />, root);
begin();
void app.start();
