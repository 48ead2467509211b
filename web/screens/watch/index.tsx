/** What one seldom needs while watching; it comes when the first picture is there. */
export { Advice } from "./advice.tsx";
export { ChannelList } from "./channel-list.tsx";
export { FactsPanel } from "./facts.tsx";
export { MoreMenu } from "./more-menu.tsx";
export { SmoothPicture } from "./smooth-picture.tsx";
export { SleepNotice } from "./sleep.tsx";
