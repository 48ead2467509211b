import type { SettingsWords } from "./settings-en.ts";

/** 简体中文；键与 `settings-en.ts` 相同。 */
export const settingsZh: SettingsWords = {
  "codes.none": "尚未生成",
  who: "谁可以观看",
  "the-box": "机顶盒",
  this: "本设备",
  box: "机顶盒",
  id: "标识",
  version: "版本",
  role: "您的身份",
  until: "可以观看到",
  lan: "局域网观众（普通 http）",
  forget: "忘记此机顶盒",
  "forget.sure": "之后要用新的配对码才能再次观看。",
  "forget.last": "这是机顶盒唯一的机主：之后没有人能添加、移除设备或更改限制。",
  "forget.codes":
    "只有用您的 {count} 个恢复码之一，或在机顶盒上输入 “tellyport owner recover”，才能产生新的机主。",
  "forget.no-codes": "您没有恢复码，只有在机顶盒上输入 “tellyport owner recover” 才能产生新的机主。",
  "forget.yes": "忘记",
  "forget.no": "保留",
  support: "帮助",
};
