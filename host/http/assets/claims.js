// A form for each claim provider of a client, made of its JSON Schema, beside the document: whichever is changed, the other follows.

const box = document.getElementById("claims-form");
const text = document.getElementById("claims");
const words = { ...box.dataset };
const providers = JSON.parse(document.getElementById("claims-providers").content.textContent);
const targets = ["id_token", "userinfo", "access_token"];
let whole = { openIDCustomClaims: [] };
let count = 0;

function make(name, properties = {}, children = []) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function save() {
  text.value = JSON.stringify(whole, null, 2);
}

// The document as it is typed; the form goes while it cannot be read.
function read() {
  try {
    const typed = JSON.parse(text.value);
    if (!Array.isArray(typed.openIDCustomClaims)) {
      throw new TypeError();
    }
    whole = typed;
    show();
  } catch {
    box.replaceChildren(make("p", { className: "muted", textContent: words.unreadable }));
  }
}

function field(label, hint, control) {
  control.id = `claims-field-${++count}`;
  const parts = [make("label", { htmlFor: control.id, textContent: label })];
  if (hint) {
    const told = make("p", { className: "hint", id: `${control.id}-hint`, textContent: hint });
    control.setAttribute("aria-describedby", told.id);
    parts.push(told);
  }
  return make("div", { className: "field" }, [...parts, control]);
}

function check(label, hint, checked, change) {
  const input = make("input", { type: "checkbox", checked });
  input.addEventListener("change", () => { change(input.checked); save(); });
  const told = make("span", { textContent: label }, hint ? [make("span", { className: "hint", textContent: ` ${hint}` })] : []);
  return make("label", { className: "check" }, [input, told]);
}

const lines = (typed) => typed.split("\n").map((line) => line.trim()).filter(Boolean);
const isTexts = (schema) => schema.type === "array" && schema.items?.type === "string";
const isNames = (schema) => schema.type === "object" && schema.additionalProperties?.type === "string" && !schema.properties;

// How a kind of value is typed: shown as text, and read from it; undefined leaves the member out.
function kind(schema) {
  if (isTexts(schema)) {
    return { hint: words.lines, show: (value) => (value ?? []).join("\n"), read: (typed) => lines(typed), rows: 4 };
  }
  if (isNames(schema)) {
    return {
      hint: words.pairs,
      show: (value) => Object.entries(value ?? {}).map(([name, one]) => `${name} = ${one}`).join("\n"),
      read: (typed) => Object.fromEntries(lines(typed).map((line) => line.split(/\s*=\s*(.*)/s, 2)).map(([name, one]) => [name, one ?? ""])),
      rows: 4,
    };
  }
  if (schema.type === "string") {
    return { show: (value) => value ?? "", read: (typed) => typed || undefined };
  }
  if (schema.type === "integer" || schema.type === "number") {
    return { show: (value) => value ?? "", read: (typed) => (typed === "" || Number.isNaN(Number(typed)) ? undefined : Number(typed)) };
  }
  return { hint: "JSON", show: (value) => (value === undefined ? "" : JSON.stringify(value, null, 2)), read: (typed) => (typed ? JSON.parse(typed) : undefined), rows: 6, isCode: true };
}

function control(schema, value, change) {
  if (Array.isArray(schema.enum)) {
    const options = schema.enum.map((one) => make("option", { textContent: String(one), selected: one === value }));
    const select = make("select", {}, [make("option", { textContent: "", selected: value === undefined }), ...options]);
    select.addEventListener("change", () => change(schema.enum[select.selectedIndex - 1]));
    return select;
  }
  const how = kind(schema);
  const input = how.rows ? make("textarea", { rows: how.rows, spellcheck: false, className: how.isCode ? "code" : "" }) : make("input", { type: "text" });
  input.value = how.show(value);
  input.addEventListener("input", () => {
    try {
      change(how.read(input.value));
      input.removeAttribute("aria-invalid");
    } catch {
      input.setAttribute("aria-invalid", "true");
    }
  });
  return input;
}

function configuration(attachment, schema) {
  const values = attachment.configuration;
  return Object.entries(schema.properties ?? {}).map(([name, of]) => {
    const change = (value) => {
      if (value === undefined) {
        delete values[name];
      } else {
        values[name] = value;
      }
      save();
    };
    const label = of.title ?? name;
    if (of.type === "boolean") {
      return check(label, of.description, values[name] ?? of.default ?? false, change);
    }
    const hint = [of.description, kind(of).hint].filter(Boolean).join(" ");
    return field(label, hint, control(of, values[name], change));
  });
}

function button(label, name, act) {
  const made = make("button", { type: "button", className: "secondary small", textContent: label, ariaLabel: `${label}: ${name}` });
  made.addEventListener("click", act);
  return made;
}

function attached(attachment, place) {
  const list = whole.openIDCustomClaims;
  const known = providers.find((provider) => provider.name === attachment.provider);
  const move = (to) => {
    list.splice(place, 1);
    if (to !== undefined) {
      list.splice(to, 0, attachment);
    }
    save();
    show();
    (box.querySelectorAll("fieldset")[to ?? 0]?.querySelector("button") ?? box.querySelector("select")).focus();
  };
  const isObject = attachment.configuration !== null && typeof attachment.configuration === "object";
  const fields = known && isObject ? configuration(attachment, known.schema) : [make("p", { className: "muted", textContent: words.unknown })];
  const goes = attachment.targets ?? ["id_token", "userinfo"];
  const to = targets.map((target) =>
    check(target, "", goes.includes(target), (isChosen) => {
      const chosen = targets.filter((one) => (one === target ? isChosen : (attachment.targets ?? goes).includes(one)));
      attachment.targets = chosen;
    }),
  );
  const failure = make("select", {}, ["fail", "omit"].map((one) => make("option", { textContent: one, selected: one === (attachment.onFailure ?? "fail") })));
  failure.addEventListener("change", () => { attachment.onFailure = failure.value; save(); });
  const digest = make("input", { type: "text", value: attachment.digest ?? "", spellcheck: false });
  digest.addEventListener("input", () => {
    if (digest.value) {
      attachment.digest = digest.value;
    } else {
      delete attachment.digest;
    }
    save();
  });
  const actions = make("div", { className: "actions" }, [
    ...(place > 0 ? [button(words.up, attachment.provider, () => move(place - 1))] : []),
    ...(place < list.length - 1 ? [button(words.down, attachment.provider, () => move(place + 1))] : []),
    button(words.remove, attachment.provider, () => move()),
  ]);
  return make("fieldset", { className: "panel" }, [
    make("legend", { textContent: `${place + 1}. ${attachment.provider}` }),
    ...(known ? [make("p", { className: "hint", textContent: known.description })] : []),
    ...fields,
    make("div", { className: "field" }, [make("p", { className: "hint", textContent: words.targets }), ...to]),
    field(words.failure, words.failureHint, failure),
    field(words.version, words.versionHint, digest),
    actions,
  ]);
}

function show() {
  const choose = make("select", {}, providers.map((provider) => make("option", { textContent: provider.name })));
  const add = make("button", { type: "button", className: "secondary", textContent: words.add });
  add.addEventListener("click", () => {
    whole.openIDCustomClaims.push({ provider: choose.value, configuration: {} });
    save();
    show();
    [...box.querySelectorAll("fieldset")].at(-1).querySelector("input, textarea, select").focus();
  });
  const actions = make("div", { className: "actions" }, [add]);
  box.replaceChildren(...whole.openIDCustomClaims.map(attached), field(words.provider, "", choose), actions);
}

text.addEventListener("input", read);
box.hidden = false;
read();
