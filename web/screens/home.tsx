import type * as places from "../places.ts";
import { t } from "../i18n/index.ts";
import { ChannelsScreen } from "./channels.tsx";
import { useChunk } from "./chunk.ts";
import { guide } from "./guide-part.ts";
import { useHomeKeys } from "./home-keys.ts";
import { Tabs } from "./tabs.tsx";

/** What one sees without watching: channels, guide or search, and the way between them. */
export function HomeScreen({ at }: { at: places.Place }) {
  useHomeKeys();
  return (
    <div class="home">
      <Tabs at={at} />
      {at === "channels" ? <ChannelsScreen /> : <GuidePart at={at} />}
    </div>
  );
}

function GuidePart({ at }: { at: "guide" | "search" }) {
  const { part, failed } = useChunk(guide);
  if (part === null)
    return (
      <main class="page" aria-busy={!failed}>
        <p class="empty" role="status">
          {t(failed ? "app.offline" : "app.loading")}
        </p>
      </main>
    );
  return at === "guide" ? <part.GuideScreen /> : <part.SearchScreen />;
}
