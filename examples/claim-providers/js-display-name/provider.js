import { attributeValues, claimNameFault, claimProvider, pointer, refuseConfiguration } from "./argus.js";
import { parseFormat } from "./format.js";
import { lookup, tag } from "./locale.js";
import schema from "./schema.js";

/** @typedef {{ claim: string, formats: Record<string, string>, defaultLocale: string }} Configuration what schema.json admits */

/** Attribute with the user's locale. */
const LOCALE = "locale";

export const provider = claimProvider({
  name: "js-display-name",
  version: "0.1.0",
  description:
    "Sets one claim to the user's name in the order and with the marks of the user's locale, made of attributes. " +
    "Users who lack one of the attributes get the name of the directory.",
  schema,
  needs: ["profile", "attributes"],

  /** @param {Configuration} configuration */
  plan(configuration) {
    const problems = [];
    const fault = claimNameFault(configuration.claim);
    if (fault) problems.push({ pointer: "/claim", message: fault });
    const attributes = new Set([LOCALE]);
    const locales = new Map();
    for (const [locale, format] of Object.entries(configuration.formats)) {
      const at = pointer("formats", locale);
      if (locales.has(tag(locale))) {
        problems.push({ pointer: at, message: `is the same locale as ${locales.get(tag(locale))}; leave one of them out` });
      }
      locales.set(tag(locale), locale);
      const parts = parseFormat(format);
      if (typeof parts === "string") problems.push({ pointer: at, message: parts });
      else for (const part of parts) if (part.attribute !== undefined) attributes.add(part.attribute);
    }
    if (!locales.has(tag(configuration.defaultLocale))) {
      problems.push({ pointer: "/defaultLocale", message: "has no format; add one to formats, or name one of those that are there" });
    }
    if (problems.length > 0) throw refuseConfiguration(...problems);
    return { claims: [configuration.claim], attributes: [...attributes] };
  },

  /** @param {Configuration} configuration
   * @param {import("./argus.js").Issuance} issuance */
  claims(configuration, { user }) {
    const formats = new Map(Object.entries(configuration.formats).map(([locale, format]) => [tag(locale), format]));
    const [locale = configuration.defaultLocale] = attributeValues(user, LOCALE);
    const format = lookup(formats, locale) ?? formats.get(tag(configuration.defaultLocale));
    return { [configuration.claim]: written(format, user) ?? user.name };
  },
});

/** The name in a format; nothing when an attribute it takes is missing or empty. */
function written(format, user) {
  let name = "";
  for (const { text, attribute } of parseFormat(format)) {
    const value = attribute === undefined ? text : attributeValues(user, attribute)[0];
    if (!value) return undefined;
    name += value;
  }
  return name;
}
