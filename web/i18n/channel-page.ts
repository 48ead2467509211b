import { filled, language, type Fill } from "./index.ts";

/** Words of a channel's page; they come with it. */
const en = {
  watch: "Watch",
  try: "Try all the same",
  mark: "Add to favourites",
  unmark: "Remove from favourites",
  "age.what": "This programme is for viewers from {age}",
  "help.scrambled": "It needs its broadcaster’s card or subscription, and the box cannot decode it.",
  "help.no-signal":
    "The antenna or dish does not bring it in at the moment. It may come back with better weather, or when the owner searches for channels again.",
  "help.busy":
    "All tuners of the box are in use. It becomes free when somebody else stops, or you join what they watch.",
  "help.video": "The box tries to convert it; that may fail. A computer, or another browser, may show it.",
  "help.audio": "The box tries to convert it; that may fail. A computer, or another browser, may play it.",
  "help.data": "It carries data for television sets, and nothing to watch.",
  "help.age": "A grown-up can allow it for a while with the PIN.",
  "help.age.no-pin": "The owner can change what this device may watch.",
};
type ChannelPageKey = keyof typeof en;

const zh: Record<ChannelPageKey, string> = {
  watch: "观看",
  try: "仍要试试",
  mark: "加入收藏",
  unmark: "取消收藏",
  "age.what": "该节目适合 {age} 岁以上观看",
  "help.scrambled": "需要运营商的智能卡或订阅，机顶盒无法解密。",
  "help.no-signal": "天线目前收不到这个频道。天气好转或机主重新搜台后，可能会恢复。",
  "help.busy": "机顶盒的调谐器都在使用。等别人看完，或改看别人正在看的频道。",
  "help.video": "机顶盒会尝试转换，但不一定成功。换一台电脑或别的浏览器也许可以显示。",
  "help.audio": "机顶盒会尝试转换，但不一定成功。换一台电脑或别的浏览器也许可以播放。",
  "help.data": "这里只传送电视机用的数据，没有可以观看的内容。",
  "help.age": "大人输入 PIN 码，即可暂时允许观看。",
  "help.age.no-pin": "机主可以更改此设备的观看限制。",
};

/** As `t`, for a channel's page. */
export function tc(key: ChannelPageKey, fill: Fill = {}): string {
  return filled((language.value === "zh" ? zh : en)[key], fill);
}
