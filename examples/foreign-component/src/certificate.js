/**
 * Whether a certificate's number bears its own check digits: ISO 7064, MOD 97-10, as bank accounts do. One wrong character, or two that
 * changed places, and it does not. No policy language counts like that.
 */
export function isGenuine(number) {
  const plain = number.replace(/[ -]/g, "").toUpperCase();
  if (!/^[0-9A-Z]{6,40}[0-9]{2}$/.test(plain)) return false;
  let rest = 0;
  for (const character of plain) {
    const value = parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
