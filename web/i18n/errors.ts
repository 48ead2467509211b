/**
 * What each error code means to a person, in both languages: what happened, and the way on. Codes that only the box's
 * command line meets are not here.
 */
export type ErrorWords = readonly [what: string, wayOn: string];

export const ERROR_WORDS: Readonly<Record<string, { readonly en: ErrorWords; readonly zh: ErrorWords }>> = {
  // of this app
  "box-unreachable": {
    en: ["The box does not answer", "Check that this device is online and that the box is switched on."],
    zh: ["机顶盒没有响应", "请检查此设备是否联网、机顶盒是否开机。"],
  },
  "pairing-expired": {
    en: ["Nobody said yes in time", "Ask the owner for a new code, and try once more."],
    zh: ["没有及时得到同意", "请向机主索取新的配对码，再试一次。"],
  },
  "recovery-refused": {
    en: [
      "This recovery code is wrong or was used already",
      "Each is good once: take the next one on your list.",
    ],
    zh: ["恢复码错误或已经用过", "每个恢复码只能用一次：请用列表上的下一个。"],
  },
  "number-wrong": {
    en: [
      "The owner tapped another number",
      "So nothing was paired. Ask for a new code, and compare the number here with those on the owner’s phone.",
    ],
    zh: ["机主点选了别的数字", "因此没有配对。请索取新的配对码，并核对这里与机主手机上的数字。"],
  },
  "player-unsupported": {
    en: ["This browser cannot play live streams", "Update it, or use another browser."],
    zh: ["此浏览器无法播放直播", "请更新浏览器，或换一个浏览器。"],
  },
  asleep: {
    en: ["Good night", "The sleep timer has stopped the picture."],
    zh: ["晚安", "睡眠定时已停止播放。"],
  },
  "picture-missing": {
    en: ["This device shows no picture for this channel", "Try another channel or another browser."],
    zh: ["此设备显示不出该频道的画面", "请换一个频道或浏览器。"],
  },
  "signal-disturbed": {
    en: ["The signal is disturbed", "Try again, or check the aerial cable."],
    zh: ["信号受到干扰", "请重试，或检查天线连接。"],
  },

  "box-not-trusted": {
    en: [
      "This is not your box",
      "What answers here could not prove to be your box. It may have seen this device’s pass, which is worth nothing without the key that stays in this browser. Try again in your home network.",
    ],
    zh: [
      "这不是您的机顶盒",
      "这里的应答者无法证明自己是您的机顶盒。它可能看到了此设备的凭证，但密钥只在此浏览器里，没有密钥，凭证毫无用处。请在家庭网络中重试。",
    ],
  },
  "box-not-trusted-keyless": {
    en: [
      "This is not your box",
      "What answers here could not prove to be your box, and may have had itself paired in this device’s place. Look at the devices of your box, remove what is not yours, and pair again in your home network.",
    ],
    zh: [
      "这不是您的机顶盒",
      "这里的应答者无法证明自己是您的机顶盒，并可能已冒充此设备完成配对。请查看您的机顶盒上的设备，移除不属于您的，然后在家庭网络中重新配对。",
    ],
  },

  // of the box's way into the internet
  "acme-failed": {
    en: [
      "There is no certificate yet",
      "The authority did not answer as it should. The box tries again by itself.",
    ],
    zh: ["证书尚未取得", "证书机构没有正常应答。机顶盒会自动重试。"],
  },
  "acme-refused": {
    en: [
      "The certificate authority refuses",
      "Look at the box’s settings for certificates: name, account and limits.",
    ],
    zh: ["证书机构拒绝了请求", "请检查机顶盒的证书设置：域名、账户和限额。"],
  },
  "certificate-unusable": {
    en: [
      "The certificate cannot be used",
      "Look at the files that the box’s configuration names: key and certificate must fit.",
    ],
    zh: ["证书无法使用", "请检查机顶盒配置中的文件：密钥和证书必须匹配。"],
  },
  "cloud-unreachable": {
    en: ["The cloud does not answer", "The box asks again by itself. At home everything works without it."],
    zh: ["云端没有应答", "机顶盒会自动重试。在家中一切照常。"],
  },
  "logo-invalid": {
    en: ["This is no picture for a channel", "Choose a PNG, JPEG or WebP."],
    zh: ["这不是可用的频道图标", "请选择 PNG、JPEG 或 WebP 图片。"],
  },
  "logo-not-found": {
    en: ["This channel has no picture", "The owner can choose one."],
    zh: ["该频道没有图标", "机主可以选择一张。"],
  },
  "logos-full": {
    en: ["There is no room for more pictures", "Remove the pictures of some channels first."],
    zh: ["没有空间存放更多图标", "请先移除一些频道的图标。"],
  },
  "restart-unavailable": {
    en: ["The box cannot restart itself", "Nothing would start it again: restart it where it was started."],
    zh: ["机顶盒无法自行重启", "重启后没有程序会再次启动它：请在启动它的地方重启。"],
  },
  "online-disabled": {
    en: ["The box is not reachable from outside", "The owner can switch that on."],
    zh: ["机顶盒未开启远程访问", "机主可以开启。"],
  },
  "alias-taken": {
    en: ["This name is taken", "Another box has it, or had it within a year. Choose another."],
    zh: ["这个名称已被占用", "另一台机顶盒正在使用，或一年内用过。请换一个。"],
  },
  "alias-unfit": {
    en: [
      "This name cannot be used",
      "Choose another: small letters, digits and hyphens, and nothing that looks like another name.",
    ],
    zh: ["这个名称不能使用", "请换一个：只用小写字母、数字和连字符，且不要与其他名称相似。"],
  },
  "too-many-hosts": {
    en: ["The box has as many names as it may", "Remove one first."],
    zh: ["机顶盒的名称数量已达上限", "请先删除一个。"],
  },
  "too-many-boxes": {
    en: ["The cloud takes no new boxes just now", "The box tries again by itself."],
    zh: ["云端暂不接受新的机顶盒", "机顶盒会自动重试。"],
  },
  "box-blocked": {
    en: ["The cloud has blocked this box", "Ask whoever runs the cloud."],
    zh: ["云端已停用此机顶盒", "请联系云端的运营者。"],
  },
  "box-unknown": {
    en: ["The cloud does not know this box", "The box registers again by itself."],
    zh: ["云端不认识此机顶盒", "机顶盒会自动重新注册。"],
  },
  "registration-invalid": {
    en: [
      "The cloud does not accept this box’s signature",
      "Check that the cloud’s address in the settings is the one it calls itself.",
    ],
    zh: ["云端不接受此机顶盒的签名", "请检查设置中的云端地址是否与其自称一致。"],
  },

  // of the box
  internal: {
    en: ["Something went wrong on the box", "Try again in a moment."],
    zh: ["机顶盒出了点问题", "请稍后再试。"],
  },
  stopping: {
    en: ["The box is restarting", "It will be back in a moment."],
    zh: ["机顶盒正在重启", "请稍等片刻。"],
  },
  "scan-running": {
    en: ["A channel scan is already running", "Wait until it is done, or cancel it on the box."],
    zh: ["正在搜台", "请等搜台结束，或在机顶盒上取消。"],
  },
  "scan-target-unknown": {
    en: [
      "The box does not know where to search for channels",
      "Name a country, a satellite or initial data.",
    ],
    zh: ["机顶盒不知道在哪里搜台", "请指定国家、卫星或初始调谐数据。"],
  },
  "initial-table-invalid": {
    en: ["The initial tuning data cannot be read", "Check the line that the box names."],
    zh: ["初始调谐数据无法读取", "请检查机顶盒指出的那一行。"],
  },
  "channel-number-taken": {
    en: ["Another channel has this number", "Choose a free one, or renumber the other channel first."],
    zh: ["这个频道号已被占用", "请换一个号码，或先修改另一个频道的号码。"],
  },
  "body-invalid": {
    en: ["The box did not understand this app", "Reload the page to get the matching version."],
    zh: ["机顶盒无法理解此请求", "请刷新页面以获取匹配的版本。"],
  },
  "body-too-large": {
    en: ["That was too much at once for the box", "Reload the page and try again."],
    zh: ["发送的内容过大", "请刷新页面后再试。"],
  },
  "host-not-allowed": {
    en: ["The box does not go by this address", "Open it by the address that the box itself shows."],
    zh: ["机顶盒不使用这个地址", "请用机顶盒自己显示的地址打开。"],
  },
  "method-not-allowed": {
    en: ["The box did not understand this app", "Reload the page to get the matching version."],
    zh: ["机顶盒无法理解此请求", "请刷新页面以获取匹配的版本。"],
  },
  "request-malformed": {
    en: ["The box did not understand this app", "Reload the page to get the matching version."],
    zh: ["机顶盒无法理解此请求", "请刷新页面以获取匹配的版本。"],
  },
  "route-not-found": {
    en: ["The box did not understand this app", "Reload the page to get the matching version."],
    zh: ["机顶盒无法理解此请求", "请刷新页面以获取匹配的版本。"],
  },

  "too-many-event-streams": {
    en: ["Too many devices are connected to the box", "Close the app on one of them, or try again later."],
    zh: ["连接机顶盒的设备太多", "请在其他设备上关闭应用，或稍后再试。"],
  },

  // receiving
  "device-busy": {
    en: ["Another program is using the tuner", "Try again when it is done."],
    zh: ["调谐器正被其他程序占用", "请等它结束后再试。"],
  },
  "device-gone": {
    en: ["The tuner was unplugged", "Plug it in again; the box finds it by itself."],
    zh: ["调谐器已断开", "请重新插上，机顶盒会自动找到它。"],
  },
  displaced: {
    en: ["The tuner was needed for something else", "Watch a channel that is free, or try again later."],
    zh: ["调谐器被更重要的任务占用了", "请看其他可用频道，或稍后再试。"],
  },
  "no-data": {
    en: ["The channel sends nothing just now", "Try again later, or watch another one."],
    zh: ["该频道目前没有内容", "请稍后再试，或看其他频道。"],
  },
  "no-lock": {
    en: ["No signal on this channel", "Check the aerial cable, or watch another channel."],
    zh: ["该频道没有信号", "请检查天线连接，或看其他频道。"],
  },
  "no-tuner-free": {
    en: ["All tuners are busy", "Watch a channel that is on now, or try again later."],
    zh: ["所有调谐器都在使用", "请看现在可用的频道，或稍后再试。"],
  },
  "request-cancelled": {
    en: ["The channel was not started", "Try again."],
    zh: ["频道没有启动", "请重试。"],
  },
  "service-not-on-air": {
    en: ["This channel is not on air now", "Try again later, or watch another one."],
    zh: ["该频道现在没有播出", "请稍后再试，或看其他频道。"],
  },
  "tuner-limit": {
    en: ["All tuners that guests may use are busy", "Watch a channel that is on now, or try again later."],
    zh: ["可供访客使用的调谐器都在使用", "请看现在可用的频道，或稍后再试。"],
  },
  unsupported: {
    en: ["The tuner cannot receive this channel", "Watch another channel."],
    zh: ["调谐器收不了该频道", "请看其他频道。"],
  },
  "wrong-multiplex": {
    en: ["The box received something else than this channel", "Try again, or scan for channels anew."],
    zh: ["机顶盒收到的不是该频道", "请重试，或重新搜索频道。"],
  },

  // watching
  "channel-not-found": {
    en: ["This channel is gone", "Go back: the list shows what is there now."],
    zh: ["该频道已不存在", "请返回列表查看现有频道。"],
  },
  "client-cannot-decode": {
    en: [
      "This device cannot play this channel",
      "Its picture or sound is in a format that this browser lacks. Try another channel or browser.",
    ],
    zh: ["此设备无法播放该频道", "画面或声音的格式不受此浏览器支持，请换一个频道或浏览器。"],
  },
  "no-picture-or-sound": {
    en: ["This channel has neither picture nor sound now", "Try again later, or watch another one."],
    zh: ["该频道现在既无画面也无声音", "请稍后再试，或看其他频道。"],
  },
  "playback-ended": {
    en: ["Watching has ended", "Start the channel again."],
    zh: ["播放已结束", "请重新打开该频道。"],
  },
  "playback-not-found": {
    en: ["Watching has ended", "Start the channel again."],
    zh: ["播放已结束", "请重新打开该频道。"],
  },
  "playlist-not-updated": {
    en: ["The channel has stopped for a moment", "It goes on by itself when something comes again."],
    zh: ["频道暂时没有新内容", "恢复后会自动继续播放。"],
  },
  "playlist-request-invalid": {
    en: ["Watching was interrupted", "Start the channel again."],
    zh: ["播放中断", "请重新打开该频道。"],
  },
  scrambled: {
    en: ["This channel is encrypted", "This box has no way to watch it. Choose another channel."],
    zh: ["该频道已加密", "此机顶盒无法观看，请换一个频道。"],
  },
  "segment-gone": {
    en: ["This device fell too far behind", "Start the channel again to be live."],
    zh: ["播放落后太多", "请重新打开该频道回到直播。"],
  },
  "segment-not-found": {
    en: ["The stream has moved on", "Start the channel again to be live."],
    zh: ["直播已经向前", "请重新打开该频道回到直播。"],
  },
  "still-not-found": {
    en: ["There is no picture of this channel now", "Pictures are taken while somebody watches."],
    zh: ["该频道暂无画面截图", "有人观看时会自动更新截图。"],
  },
  "stream-idle": {
    en: ["The channel was closed because nobody watched", "Start it again."],
    zh: ["无人观看，频道已关闭", "请重新打开。"],
  },
  "stream-start-timeout": {
    en: ["The channel did not start in time", "Try again, or watch another one."],
    zh: ["频道启动超时", "请重试，或看其他频道。"],
  },
  "too-many-playbacks": {
    en: ["Too many are watching at once", "End watching on another device, then try again."],
    zh: ["同时观看的设备太多", "请在其他设备上停止观看后再试。"],
  },
  "transcoder-busy": {
    en: [
      "The box converts as many pictures as it can",
      "Try again later, or choose a channel that needs no conversion.",
    ],
    zh: ["机顶盒的转换能力已用完", "请稍后再试，或选择无需转换的频道。"],
  },
  "transcoder-failed": {
    en: ["The channel could not be converted for this device", "Choose another channel."],
    zh: ["无法为此设备转换该频道", "请换一个频道。"],
  },
  "transcoder-missing": {
    en: [
      "This device cannot play the channel, and the box cannot convert it",
      "Whoever looks after the box can install ffmpeg on it. Or choose another channel.",
    ],
    zh: ["此设备无法播放该频道，机顶盒也无法转换", "可请维护者在机顶盒上安装 ffmpeg，或换一个频道。"],
  },

  // access
  "access-token-invalid": {
    en: ["This device’s pass is no longer valid", "Pair it again with a new code."],
    zh: ["此设备的凭证已失效", "请用新的配对码重新配对。"],
  },
  "access-token-missing": {
    en: ["This device is not paired, or its pass ran out", "Pair it with a new code."],
    zh: ["此设备未配对或凭证已过期", "请用新的配对码配对。"],
  },
  "client-not-found": {
    en: ["The box does not know this device", "Pair it with a new code."],
    zh: ["机顶盒不认识此设备", "请用新的配对码配对。"],
  },
  "client-revoked": {
    en: ["The owner removed this device", "To watch again, ask for a new code."],
    zh: ["机主已移除此设备", "如需继续观看，请索取新的配对码。"],
  },
  "stay-over": {
    en: [
      "Your stay has ended",
      "The owner had set until when this device may watch. To watch again, ask for a new code.",
    ],
    zh: ["您的访问时间已结束", "机主设定了此设备可以观看的期限。如需继续观看，请索取新的配对码。"],
  },
  "cross-site-refused": {
    en: ["The box takes this only from its own page", "Open the box by the address that it shows."],
    zh: ["机顶盒只接受来自自身页面的请求", "请用机顶盒显示的地址打开。"],
  },
  "dpop-invalid": {
    en: ["The box could not check this device", "Reload the page; if that does not help, pair again."],
    zh: ["机顶盒无法核实此设备", "请刷新页面；若仍不行，请重新配对。"],
  },
  "dpop-nonce-required": {
    en: ["The box could not check this device", "Reload the page; if that does not help, pair again."],
    zh: ["机顶盒无法核实此设备", "请刷新页面；若仍不行，请重新配对。"],
  },
  "grant-ended": {
    en: ["Watching has ended", "Start the channel again."],
    zh: ["播放已结束", "请重新打开该频道。"],
  },
  "grant-invalid": {
    en: ["This stream is not for this device", "Start the channel from the list."],
    zh: ["此播放地址不属于本设备", "请从频道列表重新打开。"],
  },
  "last-owner": {
    en: ["This is the box’s only owner", "Make another device an owner first."],
    zh: ["这是唯一的机主设备", "请先把另一台设备设为机主。"],
  },
  "not-from-lan": {
    en: ["That works only at home", "Join the home network and try again."],
    zh: ["此操作只能在家中进行", "请连接家里的网络后再试。"],
  },
  "offer-not-found": {
    en: ["This pairing is no longer open", "Open pairing on the box again."],
    zh: ["该配对已经关闭", "请在机顶盒上重新打开配对。"],
  },
  "owner-missing": {
    en: [
      "The box has no owner yet",
      "An owner would have to say yes to this. Open a pairing code at the box (“tellyport pair”) and pair on the secure page with it.",
    ],
    zh: [
      "机顶盒还没有机主",
      "此操作需要机主同意。请在机顶盒上打开配对码（“tellyport pair”），用它在安全页面上配对。",
    ],
  },
  "pairing-denied": {
    en: ["The owner said no", "Ask them to open pairing again."],
    zh: ["机主拒绝了配对", "请机主重新打开配对。"],
  },
  "pairing-refused": {
    en: ["The code is wrong or has run out", "Look at the box for the present code and type it again."],
    zh: ["配对码错误或已过期", "请查看机顶盒上当前的配对码，再输入一次。"],
  },
  "pairing-too-many": {
    en: ["Too many wrong codes", "Wait a little, then open pairing on the box again."],
    zh: ["错误次数太多", "请稍等，再在机顶盒上重新打开配对。"],
  },
  "refresh-invalid": {
    en: ["This device was away for too long", "Pair it again with a new code."],
    zh: ["此设备太久没有使用", "请用新的配对码重新配对。"],
  },
  "role-forbidden": {
    en: ["This device may not do that", "Ask the owner."],
    zh: ["此设备没有权限", "请联系机主。"],
  },
  "origin-not-allowed": {
    en: ["Another page asked for this", "Open the box's own page."],
    zh: ["请求来自其他网页", "请打开机顶盒自己的页面。"],
  },
  "rate-limited": {
    en: ["Too many attempts", "Wait a moment, then try again."],
    zh: ["尝试次数过多", "请稍等片刻再试。"],
  },
  "upgrade-not-supported": {
    en: ["The box did not understand this app", "Reload the page to get the matching version."],
    zh: ["机顶盒无法理解此请求", "请刷新页面以获取匹配的版本。"],
  },
  "grant-elsewhere": {
    en: ["The stream was opened from another network", "Start the channel again here."],
    zh: ["该播放已在别的网络打开", "请在这里重新打开频道。"],
  },
  "guest-live-only": {
    en: ["Guests watch live", "Ask the owner if you want to pause or go back."],
    zh: ["访客只能看直播", "如需暂停或回看，请联系机主。"],
  },
  "hand-off-used": {
    en: ["This link was used already", "Make a new one on the device that is paired."],
    zh: ["这个链接已经用过", "请在已配对的设备上重新生成。"],
  },
  "limits-invalid": {
    en: ["These limits do not fit", "Check times and channels."],
    zh: ["这些限制设置有误", "请检查时间和频道。"],
  },
  "parental-channel": {
    en: ["This channel is not for this device", "Choose another, or enter the PIN."],
    zh: ["此设备不能看该频道", "请换一个频道，或输入 PIN 码。"],
  },
  "parental-hours": {
    en: ["It is not viewing time now", "Come back later, or enter the PIN."],
    zh: ["现在不是观看时间", "请稍后再来，或输入 PIN 码。"],
  },
  "parental-rating": {
    en: ["This programme is for older viewers", "Choose another channel, or enter the PIN."],
    zh: ["该节目不适合当前年龄", "请换一个频道，或输入 PIN 码。"],
  },
  "pin-locked": {
    en: ["Too many wrong PINs", "Wait a while, or ask the owner for a new one."],
    zh: ["PIN 码输错次数过多", "请稍后再试，或请机主重设。"],
  },
  "pin-missing": {
    en: ["There is no PIN", "The owner can set one."],
    zh: ["尚未设置 PIN 码", "机主可以设置一个。"],
  },
  "pin-wrong": {
    en: ["The PIN is wrong", "Try again."],
    zh: ["PIN 码不正确", "请重试。"],
  },
  "quota-used": {
    en: ["Enough for today", "Come back tomorrow, or enter the PIN."],
    zh: ["今天的观看时间已用完", "请明天再来，或输入 PIN 码。"],
  },
  "session-limit": {
    en: ["As many watch as the box allows", "End one of the others, or try again later."],
    zh: ["同时观看的人数已达上限", "请结束其中一个，或稍后再试。"],
  },
  "secure-origin-required": {
    en: ["That needs the secure page", "Open the box by its https address."],
    zh: ["此操作需要安全页面", "请用 https 地址打开机顶盒。"],
  },
};
