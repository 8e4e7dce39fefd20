/** Widths as parts of the font size, wide enough for the usual sans-serif fonts, since none can be measured here. */
const NARROW = /[iljtfrI.,:;|'!()[\] -]/;
const WIDE = /[mwMW@]/;
const CAPITAL = /[A-Z0-9]/;

/**
 * About how wide a text will be drawn, in pixels.
 *
 * @param {string} text
 * @param {number} size
 * @param {"plain" | "bold" | "mono"} [style]
 */
export function textWidth(text, size, style = "plain") {
  if (style === "mono") return text.length * size * 0.61;
  let width = 0;
  for (const one of text)
    width += NARROW.test(one) ? 0.39 : WIDE.test(one) ? 0.97 : CAPITAL.test(one) ? 0.73 : 0.62;
  return width * size * (style === "bold" ? 1.12 : 1);
}
