// Tags of locales, as far as they are needed to find a format. The engine has no Intl.

/** No registered tag is longer (RFC 5646 §4.4.1), and whatever stands in an attribute has to be looked up within the budget. */
const LONGEST = 35;

/** One form for all spellings of a tag: case does not matter (RFC 5646 §2.1.1), and directories write nb_NO too. */
export function tag(locale) {
  return locale.replaceAll("_", "-").toLowerCase();
}

/**
 * What is kept for the locale or for the next wider one, from zh-Hant-TW to zh-Hant to zh: lookup of RFC 4647 §3.4.
 * @template T
 * @param {Map<string, T>} byTag
 * @param {string} locale
 * @returns {T | undefined}
 */
export function lookup(byTag, locale) {
  const subtags = locale.length > LONGEST ? [] : tag(locale).split("-");
  while (subtags.length > 0) {
    const found = byTag.get(subtags.join("-"));
    if (found !== undefined) return found;
    subtags.pop();
    // A single letter announces what was just taken away.
    if (subtags.at(-1)?.length === 1) subtags.pop();
  }
  return undefined;
}
