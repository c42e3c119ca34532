// Renders /api/openapi.json. Text is only ever put in as text, so nothing in the document can become markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];
const DEEPEST = 6;

/** An element with attributes and children; strings become text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
  return element;
}

/** Text in which `words in backticks` are code. */
function prose(text = "") {
  return text.split(/(`[^`]+`)/).map((part) => (part.length > 1 && part.startsWith("`") ? make("code", {}, part.slice(1, -1)) : part));
}

function paragraphs(text) {
  return (text || "").split(/\n\s*\n/).filter(Boolean).map((each) => make("p", {}, prose(each)));
}

/** What a `$ref` stands for. */
function resolve(api, thing) {
  if (!thing || !thing.$ref) return thing || {};
  return thing.$ref.replace(/^#\//, "").split("/").reduce((at, key) => (at || {})[key.replace(/~1/g, "/").replace(/~0/g, "~")], api) || {};
}

function refName(thing) {
  return thing && thing.$ref ? thing.$ref.split("/").pop() : undefined;
}

/** The type of a schema in a few words. */
function typeOf(api, schema) {
  if (!schema) return "anything";
  if (schema.$ref) return refName(schema);
  if (schema.oneOf || schema.anyOf) return (schema.oneOf || schema.anyOf).map((each) => typeOf(api, each)).join(" or ");
  if (schema.allOf) return schema.allOf.map((each) => typeOf(api, each)).join(" and ");
  const types = [schema.type || "anything"].flat();
  return types.map((type) => {
    if (type === "array") return `list of ${typeOf(api, schema.items)}`;
    if (type === "object" && schema.additionalProperties) return `map of ${typeOf(api, schema.additionalProperties)}`;
    return schema.format && type !== "null" ? `${type} (${schema.format})` : type;
  }).join(" or ");
}

/** What a value must be, beside its type. */
function limits(schema) {
  const words = [];
  if (schema.enum) words.push("one of ", ...schema.enum.flatMap((each, index) => [index ? ", " : "", make("code", {}, String(each))]));
  // That a number is not negative is no news.
  if (schema.maximum !== undefined) words.push(`${schema.minimum ?? "…"} to ${schema.maximum} `);
  else if (schema.minimum) words.push(`at least ${schema.minimum} `);
  if (schema.maxLength !== undefined) words.push(`at most ${schema.maxLength} characters `);
  if (schema.maxItems !== undefined) words.push(`at most ${schema.maxItems} entries `);
  if (schema.default !== undefined) words.push("default ", make("code", {}, JSON.stringify(schema.default)));
  return words;
}

/** The members of a schema; those of a named one are folded away, and a schema within itself is only named. */
function members(api, schema, above = []) {
  const name = refName(schema);
  if (name && (above.includes(name) || above.length > DEEPEST)) return [];
  const path = name ? [...above, name] : above;
  const whole = resolve(api, schema);
  if (whole.type === "array" || whole.items) return members(api, whole.items, path);
  if (whole.additionalProperties && typeof whole.additionalProperties === "object") return members(api, whole.additionalProperties, path);
  const parts = whole.oneOf || whole.anyOf || whole.allOf;
  if (parts) {
    return parts.filter((part) => part.type !== "null").map((part) => {
      const inner = members(api, part, path);
      const target = resolve(api, part);
      const title = [typeOf(api, part), " ", make("span", { class: "faint" }, prose(part.description || target.description))];
      return inner.length ? make("details", {}, make("summary", {}, title), inner) : make("p", {}, title, " ", limits(target));
    });
  }
  if (!whole.properties) return [];
  const required = whole.required || [];
  return [make("dl", { class: "schema" }, Object.entries(whole.properties).map(([key, value]) => {
    const inner = members(api, value, path);
    const target = resolve(api, value);
    return [
      make("dt", {}, make("code", {}, key), " ", make("span", { class: "faint" }, typeOf(api, value), required.includes(key) ? "" : ", optional")),
      make("dd", {}, prose(value.description || target.description), " ", limits(target.items ? resolve(api, target.items) : target),
        inner.length ? make("details", {}, make("summary", {}, "its members"), inner) : undefined),
    ];
  }))];
}

function content(api, body) {
  return Object.entries(body.content || {}).map(([type, media]) => make("div", {},
    make("p", {}, make("code", {}, type), " ", typeOf(api, media.schema)),
    members(api, media.schema),
    media.example === undefined ? undefined : make("pre", { tabindex: "0" }, typeof media.example === "string" ? media.example : JSON.stringify(media.example, null, 2))));
}

function table(head, rows) {
  return make("div", { class: "table" }, make("table", {},
    make("thead", {}, make("tr", {}, head.map((each) => make("th", { scope: "col" }, each)))),
    make("tbody", {}, rows)));
}

function parametersOf(api, item, operation) {
  const parameters = [...(item.parameters || []), ...(operation.parameters || [])].map((each) => resolve(api, each));
  if (!parameters.length) return [];
  return [make("h4", {}, "Parameters"), table(["name", "where", "type", "meaning"], parameters.map((each) => make("tr", {},
    make("td", {}, make("code", {}, each.name), each.required ? "" : make("span", { class: "faint" }, " optional")),
    make("td", {}, each.in),
    make("td", {}, typeOf(api, each.schema)),
    make("td", {}, prose(each.description), " ", limits(resolve(api, each.schema))))))];
}

function responsesOf(api, operation) {
  return [make("h4", {}, "Answers"), Object.entries(operation.responses || {}).map(([status, each]) => {
    const response = resolve(api, each);
    const title = [make("code", {}, status), " ", prose(response.description)];
    const inner = content(api, response);
    return inner.length ? make("details", {}, make("summary", {}, title), inner) : make("p", {}, title);
  })];
}

function operationOf(api, { path, method, item, operation, id }) {
  const body = operation.requestBody && resolve(api, operation.requestBody);
  return make("article", { id, "aria-labelledby": `${id}-title` },
    make("h3", { id: `${id}-title` }, make("span", { class: `method ${method}` }, method.toUpperCase()), " ", make("code", {}, path)),
    make("p", {}, make("strong", {}, prose(operation.summary))),
    paragraphs(operation.description),
    parametersOf(api, item, operation),
    body ? [make("h4", {}, "Body"), paragraphs(body.description), content(api, body)] : undefined,
    responsesOf(api, operation));
}

function operationsOf(api) {
  return Object.entries(api.paths || {}).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      path, method, item, operation: item[method], tag: (item[method].tags || ["other"])[0],
      id: `${method}-${path.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "")}`,
    })));
}

function problemsOf(api) {
  const rows = (api["x-problems"] || []).map((each) => make("tr", { id: `problem-${each.code}` },
    make("td", {}, make("code", {}, each.code)), make("td", {}, String(each.status)), make("td", {}, each.title)));
  return make("section", { "aria-labelledby": "problems" },
    make("h2", { id: "problems" }, "Problems"),
    make("p", {}, "Every error is a problem (RFC 9457); its ", make("code", {}, "type"), " leads here."),
    table(["error", "status", "title"], rows),
    members(api, { $ref: "#/components/schemas/Problem" }));
}

function show(api) {
  const all = operationsOf(api);
  const names = [...new Set([...(api.tags || []).map((tag) => tag.name), ...all.map((each) => each.tag)])];
  const main = document.getElementById("content");
  const index = document.getElementById("index");
  document.getElementById("version").textContent = api.info.version;
  main.replaceChildren(...paragraphs(api.info.description));
  for (const name of names) {
    const own = all.filter((each) => each.tag === name);
    if (!own.length) continue;
    const tag = (api.tags || []).find((each) => each.name === name) || {};
    index.append(make("section", {}, make("h2", {}, name), make("ul", {}, own.map((each) => make("li", {},
      make("a", { href: `#${each.id}`, title: each.operation.summary }, make("span", { class: `method ${each.method}` }, each.method.toUpperCase()), " ", each.path))))));
    main.append(make("section", { "aria-labelledby": `tag-${name}` },
      make("h2", { id: `tag-${name}` }, name), paragraphs(tag.description), own.map((each) => operationOf(api, each))));
  }
  index.append(make("section", {}, make("h2", {}, "problems"), make("ul", {}, make("li", {}, make("a", { href: "#problems" }, "All problems")))));
  main.append(problemsOf(api));
  // The place in the address did not exist before.
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

/** Shows only the operations whose line in the index has these letters. */
function filter(text) {
  const wanted = text.trim().toLowerCase();
  for (const section of document.querySelectorAll("#index section")) {
    const lines = [...section.querySelectorAll("li")];
    for (const line of lines) {
      line.hidden = !`${line.textContent} ${line.firstChild.title}`.toLowerCase().includes(wanted);
    }
    section.hidden = lines.every((line) => line.hidden);
  }
}

const box = document.getElementById("filter");
box.addEventListener("input", () => filter(box.value));
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== box && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    box.focus();
  }
});

fetch("/api/openapi.json")
  .then((response) => (response.ok ? response.json() : Promise.reject(new Error(`status ${response.status}`))))
  .then(show)
  .catch((error) => {
    document.getElementById("content").replaceChildren(make("p", { role: "alert" },
      `The description of the API could not be read (${error.message}). `, make("a", { href: "/api/docs" }, "Try again")));
  });
