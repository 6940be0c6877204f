// How many SMS a text becomes; the same arithmetic as stopline/rules/segments.py, which decides.
const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
  "abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED = "\f^{}\\[~]|€";

function split(sizes, single, each) {
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= single) return { units, segments: units ? 1 : 0, left: single - units };
  let segments = 1;
  let used = 0;
  for (const size of sizes) {
    // A character of two units never straddles two messages.
    if (used + size > each) {
      segments += 1;
      used = 0;
    }
    used += size;
  }
  return { units, segments, left: each - used };
}

export function count(text) {
  const letters = [...text];
  const plain = letters.every((letter) => BASIC.includes(letter) || EXTENDED.includes(letter));
  if (!plain) return { encoding: "UCS-2", ...split(letters.map((letter) => letter.length), 70, 67) };
  return { encoding: "GSM-7", ...split(letters.map((letter) => (EXTENDED.includes(letter) ? 2 : 1)), 160, 153) };
}
