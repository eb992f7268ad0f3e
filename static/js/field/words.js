// @ts-check
// All the words of the field app's frame, queue and sender. Labels of choices and fields come from the server's
// answer (/api/field/), reasons from its rules; the screens keep theirs beside their fields.

export const WORDS = {
  app: "走访",
  signIn: "登录",
  opening: { title: "正在打开……", text: "第一次打开要等几秒钟，以后没有信号也能用。" },
  welcome: {
    title: "请先登录",
    text: "登录一次，您的户和记录就存到这部手机里，没有信号也能走访。",
    offline: "这部手机上还没有您的资料。请在有信号的地方打开并登录一次。",
  },
  nowhere: { title: "没有这一页", text: "地址可能写错了。您写的内容都还在。", action: "回到走访" },
  broken: { title: "这一页没能打开", text: "您写的内容都还在这部手机里。请返回再试一次。" },
  trouble: {
    title: "这部手机现在存不了内容",
    blocked: "别的窗口开着旧版本。请把联户联情的其他窗口都关掉，再打开这一页。",
    closed: "浏览器不让本站保存内容，可能是无痕模式，或者存储被清理。请换成普通窗口再打开。",
  },
  /** @param {number} count */
  left: (count) => `这部手机上有 ${count} 条没有上传，写的人登录后自动上传。`,
  /** @param {number} count */
  others: (count) => `这部手机上还有别人的 ${count} 条没有上传，要本人登录后才会上传。`,
};

/** @type {Record<string, string>} */
export const KINDS = { trip: "下乡", visit: "走访", grievance: "诉求", activity: "活动" };

export const QUEUE = {
  title: "上传队列",
  allSent: "全部已上传",
  allSentText: "新写的记录会先出现在这里，有信号时自动上传。",
  nothingLost: "都在这部手机里，一条没丢。",
  nothingLostRefused: "都在这部手机里，一条没丢。被退回的不挡其他的。",
  waitingCount: (/** @type {number} */ count) => `${count} 条待上传`,
  photosCount: (/** @type {number} */ count) => `${count} 张照片待上传`,
  refusedCount: (/** @type {number} */ count) => `${count} 条被退回`,
  refused: (/** @type {number} */ count) => `被退回 ${count} 条`,
  waiting: (/** @type {number} */ count) => `待上传 ${count} 条`,
  sent: "已上传",
  inOrder: "按先后依次上传",
  keptDays: "在手机里留 14 天",
  stateRefused: "被退回",
  stateWaiting: "待上传",
  stateSent: "已上传",
  statePhotos: "照片待上传",
  refusedAt: (/** @type {string} */ moment) => `${moment} 被退回`,
  sentAt: (/** @type {string} */ moment) => `${moment} 收到`,
  writtenAt: (/** @type {string} */ moment) => `${moment} 写的`,
  visitDay: (/** @type {string} */ day) => `走访日期 ${day}`,
  from: (/** @type {string} */ day) => `${day}起`,
  code: (/** @type {string} */ code) => `查询码 ${code}`,
  photos: (/** @type {number} */ count) => `照片 ${count} 张`,
  photosLeft: (/** @type {number} */ count) => `还有 ${count} 张照片在上传`,
  photoRefused: (/** @type {string} */ reason) => `一张照片没有收：${reason}`,
  after: (/** @type {string} */ kind) => `等上面的${kind}先到`,
  afterRefused: (/** @type {string} */ kind) => `等被退回的${kind}改好`,
  noReason: "没有说明原因，请改一改再传，或者告诉联络员。",
  mend: "改一改",
  proxy: "标为代访",
  day: "改日期",
  change: "打开修改",
  open: "打开记录",
  old: (/** @type {number} */ days) => `最早的一条在手机里 ${days} 天了`,
  oldText: "请到有信号的地方打开这一页，等它传完；一时到不了，先存成文件。",
  files: "存成文件，从文件读回",
  save: "存成文件",
  load: "从文件读回",
  filesText: "换手机或清理浏览器之前，先存成文件。文件里有住户的情况，请收好，用完删掉。",
  fileName: (/** @type {string} */ day) => `走访待上传-${day}.json`,
  saved: "已存成文件，在手机的“下载”里。手机里的这一份也还在。",
  loaded: (/** @type {{ added: number, known: number }} */ { added, known }) =>
    known ? `读回 ${added} 条，另有 ${known} 条手机里已经有。` : `读回 ${added} 条。`,
  notYours: "这个文件是别人存的，要本人登录后读回。",
  notAQueue: "这个文件不是从这里存的，或者已经损坏，什么也没有读进来。",
  full: "手机存储满了，没能读回。请清出一些空间再试；文件还在。",
  safer: "怎样更稳妥",
  saferText: [
    "有信号时打开这一页，写的内容就自动上传，不用守着。iPhone 和有些浏览器不会在后台上传，要打开这一页才传。",
    "iPhone 上，网页连续 7 天没有打开，系统会清掉它存的内容。下乡前后各打开一次；也可以在“分享”里选“添加到主屏幕”，从主屏幕打开就不受这个限制。添加后是另一份存储，请先在这里传完，再从主屏幕登录。",
    "清理浏览器的网站数据会连没上传的一起清掉，清理之前先存成文件。",
  ],
  noSignal: "没有信号。有信号时自动上传，不用守着。",
  sending: "正在上传……",
  byItself: "有信号时自动上传，不用守着。",
  upToDate: "没有要上传的。",
  busyUntil: (/** @type {string} */ moment) => `服务器正忙，${moment} 再自动上传。`,
  now: "现在上传",
};

/** What stands in the way, when it is not just the signal. @param {import("field/send.js").SenderState} state */
export function problemWords(state) {
  /** @type {Record<string, { bold: string, text: string }>} */
  const words = {
    expired: { bold: "登录已过期", text: "写的内容都在。点上面的“登录”，登录后自动接着上传。" },
    other: { bold: "现在登录的是别人", text: "这些内容只会以写的人的名义上传，要本人登录后才会上传。" },
    refused: { bold: "服务器没有收", text: state.detail || "您的账号现在不能上传，请告诉联络员。写的内容都在手机里。" },
    server: { bold: "服务器没有回应", text: "写的内容都在手机里，过一会儿自动再传。" },
    portal: { bold: "这个网络要先登录", text: "请先在浏览器里完成网络登录，或者改用手机流量。写的内容都在手机里。" },
    storage: { bold: "读不出手机里的内容", text: "请关掉本站的其他窗口，再打开这一页。" },
  };
  return words[state.problem] ?? null;
}

/**
 * The line that is always visible.
 * @param {import("field/send.js").SenderState} state
 * @param {import("field/store.js").Store} store
 * @returns {{ glyph: string, text: string, tone: string }}
 */
export function statusWords(state, store) {
  const parts = [];
  if (state.waiting) parts.push(`${state.waiting} 条待上传`);
  if (!state.waiting && state.photos) parts.push(`${state.photos} 张照片待上传`);
  if (state.refused) parts.push(`${state.refused} 条被退回`);
  const counts = parts.join(" · ");
  if (store.trouble) return { glyph: "warning", text: WORDS.trouble.title, tone: "bad" };
  const who = store.who();
  if (!who) return { glyph: "waiting", text: "还没有登录", tone: "" };
  if (state.counted !== who.id) return { glyph: "waiting", text: WORDS.opening.title, tone: "" };
  if (state.problem === "expired") return { glyph: "warning", text: joined("登录已过期", counts), tone: "warn" };
  if (state.problem === "other") return { glyph: "warning", text: joined("登录的是别人", counts), tone: "warn" };
  if (state.problem === "server" || state.problem === "busy")
    return { glyph: "waiting", text: joined("服务器正忙", counts), tone: "" };
  if (state.problem === "portal") return { glyph: "warning", text: joined("网络要先登录", counts), tone: "warn" };
  if (state.problem === "refused") return { glyph: "warning", text: joined("服务器没有收", counts), tone: "warn" };
  if (!state.online) return { glyph: "offline", text: joined("没有信号", counts), tone: "" };
  if (state.sending && state.waiting) return { glyph: "waiting", text: joined("正在上传", counts), tone: "" };
  if (state.refused) return { glyph: "returned", text: counts, tone: "bad" };
  if (counts) return { glyph: "waiting", text: counts, tone: "" };
  return { glyph: "met", text: "全部已上传", tone: "ok" };
}

/** @param {string} first @param {string} rest */
function joined(first, rest) {
  return rest ? `${first} · ${rest}` : first;
}

export const PHOTO_WORDS = {
  tooLarge: "这张照片太大了（超过 40 MB 或像素过多），请用手机相机重新拍一张。",
  heic: "这台手机的浏览器打不开 HEIC 照片。请在相机设置里选“兼容性最佳”后重拍，或者把照片截图再选。",
  notAPhoto: "这个文件不是照片，或者已经损坏。请选 JPEG、PNG 或 WebP 照片。",
  noMemory: "手机内存不够，没能处理这张照片。请关掉别的程序再试。",
};
