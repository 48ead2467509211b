import type { PairWords } from "./pair-en.ts";

/** 简体中文；键与 `pair-en.ts` 相同。 */
export const pairZh: PairWords = {
  title: "在此设备上观看“{box}”",
  ready: "扫码成功，点一下即可配对。",
  start: "配对此设备",
  code: "配对码",
  "code.help": "八个字母：在机主的手机上点“添加设备”，或在机顶盒上输入 “tellyport pair” 即可看到。",
  "code.strange": "配对码里没有 {letters}，只会出现这些字母：B C D F G H J K L M N P Q R S T V W X Z",
  "code.short": "配对码共八个字母，还差 {missing} 个。",
  closed:
    "机顶盒现在没有等待配对。请先在机主的手机上点“添加设备”，或在机顶盒上输入 “tellyport pair”，再回到这里。",
  device: "此设备的名称",
  "device.mobile": "手机",
  "device.internet": "电脑",
  "device.tv": "电视",
  working: "正在配对…",
  match: "此设备的数字",
  "match.help": "机主的手机正在询问这个数字。在那边点选后，本页会自动继续。",
  pass: "您来自一个已配对的浏览器。",
  "pass.start": "在这里继续",
  "recovery.link": "我有恢复码",
  recovery: "恢复码",
  "recovery.help": "您保存的列表中的二十个字母。使用后此设备成为机主，该恢复码随即作废。",
  "recovery.short": "恢复码共二十个字母，还差 {missing} 个；配对码只有八个字母。",
  "recovery.insecure": "恢复码会让设备成为机主，只能在安全页面上使用：请在那里输入。",
  lan: "通过普通 http 打开时，此设备只能在家里观看。",
  "lan.link": "打开安全页面使用全部功能",
  other: "改为输入配对码",
};
