import type { AwayKey } from "./away-en.ts";

/** 连接不到机顶盒时的页面的简体中文；键与 `away-en.ts` 相同。 */
export const awayZh: Record<AwayKey, string> = {
  "offline.title": "此设备没有联网",
  "offline.about": "当前没有网络连接。请打开 Wi-Fi 或移动数据，网络恢复后本页会自动继续。",
  title: "“{box}”没有应答",
  "title.none": "机顶盒没有应答",
  "outside.about":
    "您打开的是外出时用的地址。在家里，很多路由器不支持从内网访问这个地址：请改用家里的地址打开。",
  "inside.about": "您打开的是机顶盒在家里的地址，在外面无法访问。如果您不在家，请改用外出时的地址。",
  "silent.about": "此设备已联网，但连接不到机顶盒。",
  check: "可以检查一下",
  "check.power": "机顶盒的电源和网线是否接好？",
  "check.router": "家里的路由器是否正常工作并已联网？",
  "check.wifi": "此设备是否与机顶盒在同一网络，而不是访客 Wi-Fi？",
  "check.name": "路由器更换公网地址后，机顶盒的域名可能要过几分钟才会更新。",
  ways: "打开机顶盒的其他方式",
  "way.home": "在家",
  "way.home.about": "与机顶盒在同一网络时使用",
  "way.local": "在家，不经过互联网",
  "way.local.about": "使用家庭网络里的名称，多数设备都能找到",
  "way.address": "在家，使用 IP 地址",
  "way.address.about": "名称无法使用时再用，可能需要重新配对一次",
  "way.away": "外出",
  "way.away.about": "通过互联网，在任何地方都能打开",
  trying: "正在联系机顶盒…",
  waiting: "会自动重试，网络恢复时也会立即重试。",
  now: "立即重试",
  list: "频道列表",
  reached: "上次连接：{when}",
  just: "刚刚",
};
