// Where a recording's bytes come from: a stream through hls.js or the browser itself, or one plain file. Not bound to an element: the player
// and the preview each make one. `host` carries data-stream (the address its playlists lie below), data-plain (the one file), data-hls (where
// hls.js is, "" when it was not installed) and data-sound (the stream of sound alone).
//
// Links to the pieces end after minutes. hls.js is given a fresh beginning of them in time; for the others the page's own address leads to a
// fresh link whenever it is asked, so after an error the same address is asked for again.

const LINK = /\/media\/[^/]+\//;
const SPARE_SECONDS = 45;
const AHEAD_SECONDS = 40;
const WAITS = [1, 2, 4, 8, 15];
const CUT_OFF = "网络断开，已缓冲的部分可继续看";
const GIVEN_UP = "视频暂时打不开，请检查网络后刷新页面";
const NOT_INSTALLED = "这个网站缺少播放组件，请联系系统管理员";
const NOTHING = "这一讲还没有可以播放的文件，请联系讲师";
export const SOUND = "sound";

export class Source {
  // `say` hears what is wrong with the network ("" when it is right again), `onMoved` when playing may go on from another source.
  constructor(host, media, { say, onMoving = () => {}, onMoved = () => {} }) {
    Object.assign(this, { host, media, say, onMoving, onMoved });
    this.quality = "auto";
    this.base = "";
    this.goodUntil = 0;
    this.failures = 0;
    this.isMoving = false;
    this.hasBegun = false;
    media.addEventListener("error", () => this.hls || this.again());
    media.addEventListener("playing", () => this.right());
    media.addEventListener("play", () => this.begin());
    window.addEventListener("online", () => this.resume());
  }

  // `at` are seconds. Resolves when there is something to play; false when nothing can be.
  async start(quality, at = 0) {
    this.kind = this.kindOf();
    if (!this.kind) {
      this.say(this.host.dataset.stream ? NOT_INSTALLED : NOTHING);
      return false;
    }
    this.quality = this.kind === "plain" ? "auto" : quality;
    await this.load(at);
    return true;
  }

  // Nothing of a stream is loaded before somebody wants to see it.
  begin() {
    if (this.hasBegun) return;
    this.hasBegun = true;
    if (this.hls && this.hls.levels.length) this.hls.startLoad(this.media.currentTime || this.hls.config.startPosition);
  }

  kindOf() {
    const { stream, hls, plain } = this.host.dataset;
    const byItself = this.media.canPlayType("application/vnd.apple.mpegurl");
    if (stream && hls && "MediaSource" in window) return "hls";
    if (stream && byItself) return "own";
    return plain ? "plain" : null;
  }

  async load(at) {
    if (this.kind === "hls") return this.loadByHls(at);
    const { stream, plain, sound } = this.host.dataset;
    const name = this.quality === "auto" ? "master" : this.quality === SOUND ? sound : this.quality;
    const address = this.kind === "own" ? `${stream}own/${name}.m3u8` : plain;
    if (this.media.getAttribute("src") !== address) this.media.src = address;
  }

  async choose(quality) {
    if (quality === this.quality || this.kind === "plain") return;
    const sound = [quality, this.quality].includes(SOUND);
    this.quality = quality;
    if (this.hls && !sound) this.hls.nextLevel = this.levelOf(quality);
    else if (!this.hasBegun) await this.load(this.media.currentTime);
    else await this.move(() => this.load(this.media.currentTime));
  }

  // Goes on at the same second from what `load` makes the media's source.
  async move(load) {
    if (!this.isMoving) {
      [this.place, this.wasPlaying] = [this.media.currentTime, !this.media.paused];
      this.onMoving();
    }
    this.isMoving = true;
    const ticket = (this.ticket = (this.ticket || 0) + 1); // a second try takes over from one that still waits
    const ready = this.next("loadedmetadata");
    await load();
    await ready;
    if (Math.abs(this.media.currentTime - this.place) > 0.25) {
      const there = this.next("seeked");
      this.media.currentTime = this.place;
      await there;
    }
    if (ticket !== this.ticket) return;
    this.isMoving = false;
    this.onMoved(this.wasPlaying);
  }

  next(event) {
    return new Promise((done) => this.media.addEventListener(event, done, { once: true }));
  }

  // hls.js

  async loadByHls(at) {
    this.hls?.destroy();
    const element = this.host;
    this.Hls = this.Hls || (await import(element.dataset.hls)).default;
    const { Hls } = this;
    const hls = (this.hls = new Hls({
      enableWorker: false,
      autoStartLoad: this.hasBegun,
      startPosition: at,
      maxBufferLength: AHEAD_SECONDS,
      maxMaxBufferLength: AHEAD_SECONDS,
      capLevelToPlayerSize: true,
      xhrSetup: async (request, address) => request.open("GET", await this.fresh(address), true),
      fragLoadPolicy: { default: { ...Hls.DefaultConfig.fragLoadPolicy.default, errorRetry: this.retry() } },
    }));
    hls.on(Hls.Events.ERROR, (_, problem) => this.failed(problem));
    hls.on(Hls.Events.FRAG_LOADED, () => this.right());
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      if (!["auto", SOUND].includes(this.quality)) hls.currentLevel = this.levelOf(this.quality);
      if (this.hasBegun && !hls.config.autoStartLoad) hls.startLoad(at);
    });
    const { stream, sound } = this.host.dataset;
    hls.loadSource(`${stream}${this.quality === SOUND ? sound : "master"}.m3u8`);
    hls.attachMedia(this.media);
  }

  levelOf(quality) {
    return this.hls.levels.findIndex((level) => level.url.some((address) => address.includes(`/${quality}.m3u8`)));
  }

  retry() {
    const shouldRetry = (config, count, isTimeout, answer, usual) => {
      const refused = answer && answer.code >= 400 && answer.code < 500;
      if (refused) this.goodUntil = 0; // the link was over sooner than this device's clock thought
      return count < config.maxNumRetry && (usual || refused);
    };
    return { maxNumRetry: 5, retryDelayMs: 800, maxRetryDelayMs: 8000, shouldRetry };
  }

  async fresh(address) {
    if (!LINK.test(address)) return address;
    if (performance.now() > this.goodUntil) this.asking = this.asking || this.askForBase().finally(() => (this.asking = null));
    await this.asking;
    return this.base ? address.replace(LINK, this.base) : address;
  }

  async askForBase() {
    try {
      const answer = await fetch(`${this.host.dataset.stream}base`, { headers: { Accept: "application/json" } });
      if (answer.status === 401) return this.say("登录已过期，请重新登录");
      if (answer.status === 404) return this.say("这份资源已撤下或不再对你开放，请回到课程");
      const { base, seconds } = await answer.json();
      this.base = base;
      this.goodUntil = performance.now() + (seconds - SPARE_SECONDS) * 1000;
    } catch {
      this.base = ""; // no network: the request that asked fails by itself and is tried again
    }
  }

  failed(problem) {
    const { ErrorTypes } = this.Hls;
    if (problem.type === ErrorTypes.NETWORK_ERROR && !navigator.onLine) this.wrong(CUT_OFF);
    if (!problem.fatal) return;
    if (problem.type === ErrorTypes.MEDIA_ERROR && this.failures++ < 2) return this.hls.recoverMediaError();
    this.goodUntil = 0;
    this.wrong(CUT_OFF);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.resume(), 1000 * WAITS[Math.min(this.failures++, WAITS.length - 1)]);
  }

  resume() {
    if (!this.hls || !this.isWrong) return;
    if (this.hls.levels.length) this.hls.startLoad(this.media.currentTime);
    else this.hls.loadSource(`${this.host.dataset.stream}master.m3u8`);
  }

  wrong(words) {
    this.isWrong = true;
    this.say(words);
  }

  right() {
    this.failures = 0;
    if (this.isWrong) this.say("");
    this.isWrong = false;
  }

  // A plain file, or a stream the browser plays by itself: the same address leads to a fresh link.
  again() {
    if (this.failures >= 4) return this.wrong(GIVEN_UP);
    this.wrong(navigator.onLine ? "正在重新连接…" : CUT_OFF);
    const wait = 600 * ++this.failures;
    const [address] = (this.media.getAttribute("src") || "").split("?");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.move(async () => (this.media.src = `${address}?again=${Date.now()}`)), wait);
  }
}
