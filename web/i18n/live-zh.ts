import type { LiveKey } from "./live-en.ts";

/** 频道列表的简体中文；键与 `live-en.ts` 相同。 */
export const liveZh: Record<LiveKey, string> = {
  continue: "继续观看",
  begin: "开始观看",
  "begin.name": "观看{name}",
  groups: "频道分组",
  "group.all": "全部",
  "group.favourites": "收藏",
  "group.tv": "电视",
  "group.radio": "广播",
  "group.free": "现在可看",
  lead: "收藏优先",
  "star.add": "收藏{name}",
  "star.remove": "取消收藏{name}",
  next: "{time} {title}",
  "why.scrambled": "加密频道",
  "why.no-signal": "没有信号",
  "why.busy": "调谐器都在使用",
  "why.video": "此设备不支持 {codec}",
  "why.audio": "此设备不支持 {codec}",
  "why.data": "数据业务",
  "version.new": "应用有新版本。",
  "version.take": "立即使用",
  "away.note": "机顶盒已有一段时间没有应答。",
  "away.show": "怎么办",
};
