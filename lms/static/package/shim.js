// On the package host, around a package: gives it the run-time API it looks for in its parents, and tells the site's page what it says.
// Messages go to the site's origin only and are heard from its page only; both sides know the visit's nonce.

(() => {
  const { site, nonce, package: id } = document.currentScript.dataset;
  const AUTOSAVE = 1500;
  const INPUT_EVERY = 10000;
  const MOST = { location: 1000, suspend: 64000, interactions: 100 };
  let running = null;

  function tell(kind, more) {
    parent.postMessage({ nonce, kind, ...more }, site);
  }

  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || origin !== site || !data || data.nonce !== nonce) return;
    if (data.kind === "start") start(data);
    if (data.kind === "stop") stop();
    if (data.kind === "save") report();
  });

  // Packages share this origin's storage: what another one left is nobody's to read.
  function clearOthers() {
    try {
      if (localStorage.getItem("lms.package") !== id) {
        localStorage.clear();
        sessionStorage.clear();
        indexedDB.databases?.().then((all) => all.forEach(({ name }) => indexedDB.deleteDatabase(name)), () => {});
        localStorage.setItem("lms.package", id);
      }
    } catch {
      // Storage is forbidden here: then there is nothing to read either.
    }
  }

  function start({ standard, item, state, learner, isPreview }) {
    stop();
    running = { standard, item, last: "" };
    if (item.is_sco && standard === "scorm12") window.API = running.api = runtime12(item, state, learner, isPreview);
    if (item.is_sco && standard === "scorm2004") window.API_1484_11 = running.api = runtime2004(item, state, learner, isPreview);
    const frame = document.createElement("iframe");
    frame.title = item.title || "课件内容";
    frame.allow = "autoplay; fullscreen";
    frame.src = "files/" + item.path.split("/").map(encodeURIComponent).join("/") + item.query;
    frame.addEventListener("load", () => {
      listen(frame.contentWindow);
      tell("loaded", { item: item.identifier });
    });
    running.frame = frame;
    document.body.append(frame);
  }

  // Taking the frame away lets the SCO say its last word while its own API is still there.
  function stop() {
    if (!running) return;
    running.frame.remove();
    report();
    clearTimeout(running.timer);
    delete window.API;
    delete window.API_1484_11;
    running = null;
  }

  // The two run-times

  const quiet = { autocommit: false, logLevel: 5, selfReportSessionTime: true };

  function runtime12(item, state, learner, isPreview) {
    const api = new window.Scorm12API({ ...quiet, mastery_override: true });
    seed(api.cmi, {
      "core.student_id": learner.id,
      "core.student_name": learner.name,
      "core.credit": isPreview ? "no-credit" : "credit",
      "core.lesson_mode": isPreview ? "browse" : "normal",
      "core.entry": entry(state, "ab-initio"),
      "student_data.mastery_score": item.mastery_millis === null ? "" : String(item.mastery_millis / 1000),
      launch_data: item.launch_data,
      ...(state && {
        "core.lesson_location": state.location,
        "core.lesson_status": status12(state),
        "core.total_time": `${two(state.seconds / 3600)}:${two((state.seconds / 60) % 60)}:${two(state.seconds % 60)}`,
        "core.score.raw": text(state.raw),
        "core.score.min": text(state.min),
        "core.score.max": text(state.max),
        suspend_data: state.suspend_data,
      }),
    });
    return hear(api, ["LMSInitialize", "LMSCommit", "LMSFinish"], "LMSSetValue.cmi.*");
  }

  function runtime2004(item, state, learner, isPreview) {
    const api = new window.Scorm2004API({ ...quiet });
    seed(api.cmi, {
      learner_id: learner.id,
      learner_name: learner.name,
      credit: isPreview ? "no-credit" : "credit",
      mode: isPreview ? "browse" : "normal",
      entry: entry(state, "ab-initio"),
      scaled_passing_score: item.mastery_millis === null ? "" : String(item.mastery_millis / 1000),
      launch_data: item.launch_data,
      ...(state && {
        location: state.location,
        completion_status: state.completion,
        success_status: state.success,
        total_time: `PT${Math.floor(state.seconds)}S`,
        "score.scaled": text(state.scaled),
        "score.raw": text(state.raw),
        "score.min": text(state.min),
        "score.max": text(state.max),
        suspend_data: state.suspend_data,
      }),
    });
    return hear(api, ["Initialize", "Commit", "Terminate"], "SetValue.cmi.*");
  }

  // Before the SCO initialises it, the model takes every element; one it refuses is left as it is.
  function seed(cmi, values) {
    for (const [name, value] of Object.entries(values)) {
      const steps = name.split(".");
      const last = steps.pop();
      if (value === "" || value === undefined) continue;
      try {
        steps.reduce((at, step) => at[step], cmi)[last] = value;
      } catch {
        // The standard's own checks: a value from an older version of the package that no longer fits.
      }
    }
  }

  function hear(api, moments, changes) {
    const mine = running;
    for (const moment of moments) {
      api.on(moment, () => {
        report();
        setTimeout(() => mine === running && report()); // the run-time judges pass or fail after it told us
      });
    }
    api.on(changes, () => {
      mine.timer ??= setTimeout(() => { mine.timer = null; if (mine === running) report(); }, AUTOSAVE);
    });
    return api;
  }

  function report() {
    if (!running?.api) return;
    const cmi = running.api.renderCMIToJSONObject().cmi;
    const result = running.standard === "scorm12" ? result12(cmi) : result2004(cmi);
    const said = JSON.stringify(result);
    if (said === running.last) return;
    running.last = said;
    tell("result", { item: running.item.identifier, result });
  }

  function result12({ core, suspend_data: suspend, interactions }) {
    const status = core.lesson_status;
    return {
      completion: ["completed", "passed"].includes(status) ? "completed" : ["", "not attempted"].includes(status) ? "not attempted" : "incomplete",
      success: ["passed", "failed"].includes(status) ? status : "unknown",
      ...scores(core.score),
      location: String(core.lesson_location).slice(0, MOST.location),
      suspend_data: String(suspend).slice(0, MOST.suspend),
      session_seconds: clockSeconds(core.session_time),
      exit: core.exit,
      interactions: answers(interactions, "student_response"),
    };
  }

  function result2004(cmi) {
    return {
      completion: cmi.completion_status || "unknown",
      success: cmi.success_status || "unknown",
      ...scores(cmi.score),
      location: String(cmi.location).slice(0, MOST.location),
      suspend_data: String(cmi.suspend_data).slice(0, MOST.suspend),
      session_seconds: spanSeconds(cmi.session_time),
      exit: cmi.exit,
      interactions: answers(cmi.interactions, "learner_response"),
    };
  }

  function scores(score) {
    return { raw: number(score.raw), min: number(score.min), max: number(score.max), scaled: number(score.scaled) };
  }

  function answers(all, response) {
    return Object.values(all).slice(-MOST.interactions).map((one) => ({
      id: cut(one.id, 250),
      type: cut(one.type, 20),
      response: cut(one[response], 250),
      result: cut(one.result, 20),
    }));
  }

  // Small things

  function entry(state, fresh) {
    if (!state) return fresh;
    return ["normal", "logout", "time-out"].includes(state.exit) ? "" : "resume";
  }

  function status12({ completion, success }) {
    return ["passed", "failed"].includes(success) ? success : completion;
  }

  function number(value) {
    const found = parseFloat(value);
    return Number.isFinite(found) ? found : null;
  }

  function text(value) {
    return value === null || value === undefined ? "" : String(value);
  }

  function cut(value, most) {
    return String(value ?? "").slice(0, most);
  }

  function two(value) {
    return String(Math.floor(value)).padStart(2, "0");
  }

  function clockSeconds(value) {
    const found = /^(\d+):(\d+):(\d+)/.exec(value);
    return found ? Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3]) : 0;
  }

  function spanSeconds(value) {
    const found = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$/.exec(value);
    if (!found) return 0;
    const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part || 0));
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
  }

  // The site's page cannot see hands inside this frame; it only wants to know that there are some.
  let touched = -INPUT_EVERY;
  const listened = new WeakSet();

  function listen(target) {
    try {
      if (!target || listened.has(target.document)) return;
      listened.add(target.document);
      for (const kind of ["pointerdown", "keydown", "wheel", "touchstart", "scroll"]) {
        target.addEventListener(kind, input, { passive: true, capture: true });
      }
      for (const inner of target.document.querySelectorAll("iframe, frame")) {
        inner.addEventListener("load", () => listen(inner.contentWindow));
        listen(inner.contentWindow);
      }
    } catch {
      // A document that is not the package's own.
    }
  }

  function input() {
    if (performance.now() - touched < INPUT_EVERY) return;
    touched = performance.now();
    tell("input");
  }

  document.addEventListener("visibilitychange", () => document.hidden && report());
  if (parent === window) return;
  clearOthers();
  listen(window);
  tell("ready");
})();
