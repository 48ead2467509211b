import { render } from "preact";
import * as app from "./app.ts";
import * as places from "./places.ts";
import { problemWords, t } from "./i18n/index.ts";
import { Problem, UNREACHABLE } from "./api/problem.ts";
import { chunk, useChunk } from "./screens/chunk.ts";
import { HomeScreen } from "./screens/home.tsx";
import { Logo } from "./screens/icon.tsx";
import { LanguageSwitch } from "./screens/language-switch.tsx";
import { PlayerPart } from "./screens/player-part.tsx";
import { Sheet } from "./screens/sheet.tsx";
import { StrangerScreen } from "./screens/stranger.tsx";
import * as state from "./state.ts";
import "./styles/main.css";

function App() {
  return (
    <>
      <CurrentScreen />
      {state.sheet.value.length > 0 && <Sheet />}
    </>
  );
}

function CurrentScreen() {
  const screen = state.screen.value;
  switch (screen.name) {
    case "starting":
      return <Starting />;
    case "pair":
      return <PairPart reason={screen.reason} />;
    case "channels":
    case "guide":
    case "search":
      return <HomeScreen at={screen.name} />;
    case "player":
      return places.player.current && <PlayerPart player={places.player.current} />;
    case "stranger":
      return <StrangerScreen kept={screen.kept} />;
    case "error":
      return screen.problem.code === UNREACHABLE ? (
        <AwayScreen problem={screen.problem} />
      ) : (
        <ErrorScreen problem={screen.problem} />
      );
  }
}

const pair = chunk(() => import("./screens/pair.tsx"));

/** Who is paired never needs it. */
function PairPart({ reason }: { reason: Problem | null }) {
  const { part, failed } = useChunk(pair);
  if (part === null) return failed ? <ErrorScreen problem={new Problem(UNREACHABLE)} /> : <Starting />;
  return <part.PairScreen key={reason?.code ?? ""} reason={reason} />;
}

const away = chunk(() => import("./screens/away/index.tsx"));

function AwayScreen({ problem }: { problem: Problem }) {
  const { part, failed } = useChunk(away);
  if (part !== null) return <part.AwayScreen code={problem.code} />;
  return failed ? <ErrorScreen problem={problem} /> : <main class="page pair" aria-busy="true" />;
}

function Starting() {
  return (
    <main class="page pair" data-screen="starting" aria-busy="true">
      <div class="card">
        <Logo />
        <div role="status">
          <h1>{t("app.loading")}</h1>
        </div>
      </div>
    </main>
  );
}

function ErrorScreen({ problem }: { problem: Problem }) {
  const { what, wayOn } = problemWords(problem);
  return (
    <main class="page pair" data-screen="error" data-code={problem.code}>
      <div class="card" role="alert">
        <Logo />
        <h1>{what}</h1>
        <p class="quiet-text">{wayOn}</p>
        <button class="primary" data-action="retry" onClick={() => void app.connect()}>
          {t("app.retry")}
        </button>
      </div>
      <LanguageSwitch />
    </main>
  );
}

const root = document.querySelector("#app");
if (root !== null) render(<App />, root);
void app.start();
