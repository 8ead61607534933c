// Formats such as "{familyName}, {givenName}".

/**
 * @param {string} format
 * @returns {{ text?: string, attribute?: string }[] | string} the parts, or what is wrong with the format
 */
export function parseFormat(format) {
  const parts = [];
  // Odd places hold what stood in braces.
  const pieces = format.split(/\{([^{}]*)\}/);
  for (const [place, piece] of pieces.entries()) {
    if (place % 2 === 1) {
      if (piece === "") return "has {} without the name of an attribute";
      parts.push({ attribute: piece });
    } else {
      if (/[{}]/.test(piece)) return "has a brace without its counterpart";
      if (piece !== "") parts.push({ text: piece });
    }
  }
  return pieces.length > 1 ? parts : "takes no attribute; write names of attributes in braces, such as {givenName}";
}
