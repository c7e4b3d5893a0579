"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50;
  const FIELDS = ["q", "suite", "variant", "outcome", "change", "why", "compared", "scorer", "said", "error", "expected", "done", "group", "area", "language", "tier", "tag", "article", "owner", "listed", "case"];
  // What stands behind "More filters".
  const MORE = FIELDS.slice(FIELDS.indexOf("compared"));
  const state = { page: 0 };

  // What would hide or reorder text is shown as a stand-in, as everywhere in reports.
  const ACTIVE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
  const inert = (text) => String(text).replace(ACTIVE, (c) => {
    const n = c.codePointAt(0);
    if (n === 0x2028 || n === 0x2029) return "\n";
    if (n < 0x20) return String.fromCodePoint(0x2400 + n);
    return n === 0x7f ? "\u2421" : "<U+" + n.toString(16).toUpperCase().padStart(4, "0") + ">";
  });

  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) node.setAttribute(key, value);
    }
    for (const child of children.flat()) {
      if (child !== null && child !== undefined) node.append(child.nodeType ? child : document.createTextNode(inert(child)));
    }
    return node;
  };

  const sorted = (values) => [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const judged = (row) => row.n[0] + row.n[1] + row.n[2];
  const outcome = (row) => (row.n[0] > 0 && row.n[0] < judged(row) ? "mixed" : row.o || "removed");
  // What every scorer says, trial by trial: content, not content, unreadable.
  const scorers = (row) => row.f || row.s.map((s) => [s[0], s[2] === true ? 1 : 0, s[2] === false ? 1 : 0, 0]);
  const OUTCOMES = ["passed", "failed", "refused", "errored", "skipped"];
  const SAID = ["content", "not content", "unreadable"];
  const WENT = ["compared", "fixed", "broke"];
  const besides = [...new Set(data.rows.flatMap((r) => (r.u || []).map((u) => u[0])))].map((at) => data.beside[at]);
  const lists = new Map(data.lists.map(([name, places]) => [name, new Set(places)]));
  const choices = {
    suite: sorted(data.cases.map((c) => c.s)),
    variant: data.variants,
    outcome: [...OUTCOMES, "mixed", "judged", "not passed", "no verdict", "in this run"],
    change: sorted(data.rows.map((r) => r.ch).filter(Boolean)),
    why: sorted(data.rows.map((r) => r.w).filter(Boolean)),
    compared: besides.flatMap((beside) => WENT.map((went) => went + " " + beside)),
    scorer: sorted(data.rows.flatMap((r) => scorers(r).map((s) => s[0]))),
    said: data.rows.some((r) => r.s.length) ? SAID : [],
    error: sorted(data.rows.flatMap((r) => (r.k || []).map((k) => k[0]))),
    expected: sorted(data.rows.flatMap((r) => (r.m || []).map((m) => m[0]))),
    done: sorted(data.rows.flatMap((r) => (r.m || []).map((m) => m[1]))),
    group: data.rows.some((r) => r.g) ? ["several wordings", "all pass", "some fail", "undecided"] : [],
    area: sorted(data.cases.map((c) => c.area).filter(Boolean)),
    language: sorted(data.cases.map((c) => c.lang)),
    tier: sorted(data.cases.map((c) => c.tier)),
    tag: sorted(data.cases.flatMap((c) => c.t)),
    article: sorted(data.cases.flatMap((c) => c.r)),
    owner: sorted(data.cases.map((c) => c.owner).filter(Boolean)),
    listed: data.lists.map(([name]) => name),
    // A link names one; nobody looks for one in a list of thousands.
    case: [],
  };
  const names = {
    suite: "Suite", variant: "Variant", outcome: "Outcome", change: "Changed since", why: "Fails because", compared: "Compared",
    scorer: "Judged by", said: "Judge or rule was", error: "Errored by", expected: "Expected action", done: "Action done",
    group: "Wordings", listed: "Counted in", case: "Case",
    area: "Area", language: "Language", tier: "Tier", tag: "Tag", article: "Article", owner: "Owner",
  };

  // Lower-case texts are made once, when somebody searches.
  const haystack = (row) => (row.text ??= (data.cases[row.c].c + "\n" + data.cases[row.c].q + "\n" + (row.a || "") + "\n" + (row.e || "")).toLowerCase());
  // How many trials of a row are of an outcome, of all kinds of it that there are.
  const ended = (row, what) => {
    const n = row.n;
    switch (what) {
      case "judged": return judged(row);
      case "not passed": return n[1] + n[2];
      case "no verdict": return n[3] + n[4];
      case "in this run": return sum(n);
      case "mixed": return outcome(row) === "mixed" ? sum(n) : 0;
      default: return n[OUTCOMES.indexOf(what)] || 0;
    }
  };
  const declines = (action) => ["abstain", "escalate", "refuse-scope"].includes(action);
  const expects = ([expected, done]) => {
    switch (state.expected) {
      case "another": case "another, despite a source": return expected !== done;
      case "another refusal": return expected !== done && declines(expected) && declines(done);
      default: return !state.expected || expected === state.expected;
    }
  };
  const did = (row) => sum((row.m || []).filter((m) => expects(m) && (!state.done || m[1] === state.done))
    .map((m) => (state.expected === "another, despite a source" ? m[3] : m[2])));
  const says = (row) => sum(scorers(row).filter((s) => !state.scorer || s[0] === state.scorer)
    .map((s) => (state.said ? s[1 + SAID.indexOf(state.said)] || 0 : s[1] + s[2])));
  // What counts the trials of a row, one filter each.
  const counting = () => [
    state.outcome && ((row) => ended(row, state.outcome)),
    (state.scorer || state.said) && says,
    state.error && ((row) => sum((row.k || []).filter((k) => k[0] === state.error).map((k) => k[1]))),
    (state.expected || state.done) && did,
  ].filter(Boolean);
  let counted = [];
  const matches = (row) => {
    const c = data.cases[row.c];
    return (!state.suite || c.s === state.suite)
      && (!state.variant || data.variants[row.v] === state.variant)
      && (!state.change || row.ch === state.change)
      && (!state.why || row.w === state.why)
      && (!state.compared || (row.u || []).some(([at, went]) => state.compared === WENT[0] + " " + data.beside[at] || state.compared === WENT[went] + " " + data.beside[at]))
      && (!state.group || row.g === state.group || (state.group === "several wordings" && row.g !== undefined))
      && (!state.listed || (lists.has(state.listed) && lists.get(state.listed).has(row.c)))
      && (!state.case || c.c === state.case)
      && counted.every((count) => count(row) > 0)
      && (!state.area || c.area === state.area)
      && (!state.language || c.lang === state.language)
      && (!state.tier || c.tier === state.tier || (state.tier === "in the gate" && data.gating.includes(c.tier)))
      && (!state.tag || c.t.includes(state.tag))
      && (!state.article || c.r.includes(state.article))
      && (!state.owner || c.owner === state.owner)
      && (!state.q || haystack(row).includes(state.q.toLowerCase()));
  };

  const offer = (select, choice) => {
    const option = el("option", {}, choice);
    option.value = choice;
    select.append(option);
  };
  const inputs = {};
  const form = el("form", { class: "filters", role: "search", "aria-label": "Filter cases" });
  inputs.q = el("input", { type: "search", id: "f-q", autocomplete: "off" });
  const reset = el("button", { type: "button" }, "Show all");
  const basic = el("div", { class: "fields" }, el("div", { class: "field grow" }, el("label", { for: "f-q" }, "Text"), inputs.q));
  const rest = el("div", { class: "fields" });
  const more = el("details", { class: "more" }, el("summary", {}, "More filters"), rest);
  for (const key of Object.keys(choices)) {
    inputs[key] = el("select", { id: "f-" + key }, el("option", { value: "" }, "all"));
    const field = el("div", { class: "field" }, el("label", { for: "f-" + key }, names[key]), inputs[key]);
    field.hidden = choices[key].length === 0;
    for (const choice of choices[key]) offer(inputs[key], choice);
    (MORE.includes(key) ? rest : basic).append(field);
  }
  basic.append(el("div", { class: "field" }, reset));
  form.append(basic, more);
  const found = el("p", { role: "status", "aria-live": "polite", id: "found" });
  const list = el("ol", { class: "cases", "aria-label": "Cases" });
  const before = el("button", { type: "button" }, "Previous 50");
  const after = el("button", { type: "button" }, "Next 50");
  const pager = el("nav", { class: "pager", "aria-label": "Pages of cases" }, before, after);
  document.getElementById("app").append(form, found, list, pager);

  // Customers and models write in the case's language, in whichever direction.
  const spoken = (c) => ({ lang: c.lang || null, dir: "auto" });
  const prose = (text, attributes) => el("p", { class: "text", ...attributes }, text);

  // Spans are counted in characters, so the answer is taken apart by characters.
  const marked = (answer, row) => {
    const chars = Array.from(answer);
    const spans = row.s.flatMap((s) => (s[2] === false ? s[5].filter((e) => e[1]).map((e) => ({ from: e[1][0], to: e[1][1], why: s[0] + ": " + e[0] })) : []));
    const cuts = sorted([0, chars.length, ...spans.flatMap((s) => [s.from, s.to])].map((n) => Math.min(n, chars.length)));
    const node = prose("", spoken(data.cases[row.c]));
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const text = chars.slice(cuts[i], cuts[i + 1]).join("");
      const why = spans.filter((s) => s.from <= cuts[i] && s.to >= cuts[i + 1]).map((s) => s.why);
      node.append(why.length ? el("mark", { title: inert(why.join("; ")) }, text) : document.createTextNode(inert(text)));
    }
    return node;
  };

  const compared = (row) => {
    const chars = [Array.from(row.b[2]), Array.from(row.a)];
    const sides = [0, 1].map(() => prose("", spoken(data.cases[row.c])));
    const at = [0, 0];
    const take = (side, n, tag) => {
      const text = chars[side].slice(at[side], at[side] + n).join("");
      at[side] += n;
      sides[side].append(tag ? el(tag, {}, text) : document.createTextNode(inert(text)));
    };
    for (let i = 0; i < row.d.length; i += 2) {
      const [kind, n] = [row.d[i], row.d[i + 1]];
      if (kind !== 2) take(0, n, kind === 1 ? "del" : null);
      if (kind !== 1) take(1, n, kind === 2 ? "ins" : null);
    }
    return el("div", { class: "sides" },
      el("div", {}, el("h3", {}, "Earlier answer (" + row.b[0] + " of " + row.b[1] + " passed)"), sides[0]),
      el("div", {}, el("h3", {}, "This answer"), sides[1]));
  };

  const detail = (row) => {
    const c = data.cases[row.c];
    const box = el("div", { class: "detail" }, el("h3", {}, "Question"), prose(c.q, spoken(c)));
    if (row.x) box.append(el("p", { class: "note" }, "Its texts are left out, or the page would be too large. In a terminal: regauge explain " + c.c + " --run " + data.run));
    if (row.e) box.append(el("h3", {}, "Error"), prose(row.e));
    for (const turn of row.turns || []) {
      box.append(el("h3", {}, "Turn " + turn.number + ": " + turn.outcome), prose("Customer: " + turn.customer, spoken(c)));
      for (const tool of turn.tools) box.append(prose(tool.name + " " + tool.arguments + " → " + tool.result));
      if (turn.agent !== null) box.append(prose("Agent: " + turn.agent, spoken(c)));
    }
    if (row.a !== undefined) box.append(el("h3", {}, "Answer"), marked(row.a, row));
    if (row.d) box.append(compared(row));
    else if (row.b && row.b[2] !== null) {
      box.append(el("h3", {}, "Earlier (" + row.b[0] + " of " + row.b[1] + " passed)"), row.b[2] === row.a ? prose("the same answer") : prose(row.b[2], spoken(c)));
    }
    if (c.g.length) box.append(el("h3", {}, "Accepted"), c.g.map((text) => prose(text, spoken(c))));
    if (row.s.length) {
      const items = row.s.map(([name, required, pass, value, reason, evidence]) => {
        const verdict = pass === true ? "content" : pass === false ? "not content" : "no verdict";
        const item = el("li", { class: pass === false ? "bad" : null }, el("b", {}, name), ": " + verdict + (value === null ? "" : " (" + value.toFixed(2) + ")") + (required ? "" : ", reported only") + ". " + reason);
        const pieces = evidence.map((e) => el("li", {}, e[0] + (e[2] ? " “" + e[2] + "”" : "") + (e[3] ? " in " + e[3] : "") + (e[4] ? " – " + e[4] : "")));
        if (pieces.length) item.append(el("ul", {}, pieces));
        return item;
      });
      box.append(el("h3", {}, "Scorers"), el("ul", {}, items));
    }
    const facts = [c.tier, c.lang, c.area, ...c.t, ...c.r, c.owner].filter(Boolean);
    box.append(el("p", { class: "note" }, facts.join(" · ")));
    return box;
  };

  const item = (row) => {
    const c = data.cases[row.c];
    const o = outcome(row);
    const summary = el("summary", {},
      el("span", { class: "badge o-" + o }, o),
      el("span", { class: "id" }, c.s + "/" + c.c + (c.p ? " [" + c.p + "]" : "")),
      el("span", { class: "what" }, data.variants[row.v] + (judged(row) > 1 ? " · " + row.n[0] + " of " + judged(row) : "") + (row.ch && row.ch !== "same" ? " · " + row.ch : "")),
      el("span", { class: "q" }, c.q));
    const details = el("details", {}, summary);
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(detail(row));
    });
    return el("li", {}, details);
  };

  const written = (n) => n.toLocaleString("en");
  const many = (n, what) => written(n) + " " + what + (n === 1 ? "" : "s");
  let rows = [];
  const draw = () => {
    const from = state.page * PAGE;
    const shown = rows.slice(from, from + PAGE);
    list.replaceChildren(...shown.map(item));
    list.setAttribute("start", String(from + 1));
    const which = shown.length ? ", showing " + (from + 1) + " to " + (from + shown.length) : "";
    // What the trials are counted by is known of one filter at a time.
    const trials = counted.length > 1 ? "" : ", " + many(sum(rows.map(counted[0] || ((row) => sum(row.n)))), "trial");
    const cases = new Set(rows.map((row) => data.cases[row.c].s + "/" + data.cases[row.c].c)).size;
    found.textContent = written(rows.length) + " of " + many(data.rows.length, "row") + " (" + many(cases, "case") + trials + ")" + which;
    before.disabled = state.page === 0;
    after.disabled = from + PAGE >= rows.length;
    pager.hidden = rows.length <= PAGE;
  };
  const apply = () => {
    state.page = 0;
    counted = counting();
    rows = data.rows.filter(matches);
    draw();
  };
  const remember = () => {
    const query = new URLSearchParams();
    for (const key of FIELDS) if (state[key]) query.set(key, state[key]);
    history.replaceState(null, "", "#cases?" + query);
  };
  const follow = () => {
    const [place, query] = location.hash.slice(1).split("?");
    if (place !== "cases" || query === undefined) return;
    const wanted = new URLSearchParams(query);
    for (const key of FIELDS) {
      const value = wanted.get(key) || "";
      // A link may ask for what no case has: then none is shown.
      if (key !== "q" && value && ![...inputs[key].options].some((o) => o.value === value)) {
        offer(inputs[key], value);
        inputs[key].parentElement.hidden = false;
      }
      inputs[key].value = value;
      state[key] = inputs[key].value;
    }
    if (MORE.some((key) => state[key])) more.open = true;
    apply();
    const heading = document.getElementById("cases-h");
    heading.scrollIntoView();
    heading.focus({ preventScroll: true });
  };
  for (const [key, input] of Object.entries(inputs)) {
    input.addEventListener(key === "q" ? "input" : "change", () => {
      state[key] = input.value;
      apply();
      remember();
    });
  }
  const turn = (by) => {
    state.page += by;
    draw();
    document.getElementById("cases-h").scrollIntoView();
    list.querySelector("summary")?.focus({ preventScroll: true });
  };
  before.addEventListener("click", () => turn(-1));
  after.addEventListener("click", () => turn(1));
  reset.addEventListener("click", () => {
    for (const [key, input] of Object.entries(inputs)) { input.value = ""; state[key] = ""; }
    apply();
    remember();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", follow);
  // A link to what is shown already changes no address, and leads there all the same.
  document.addEventListener("click", (event) => {
    if (event.target.closest("a")?.getAttribute("href") === location.hash) follow();
  });
  apply();
  follow();
})();
