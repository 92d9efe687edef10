// What has to hold before a device is released. Unknown is never met, and every fault is told.

import { isGenuine } from "./certificate.js";
import { deny, record } from "./finding.js";
import { DAY, milliseconds, written } from "./time.js";

/** The number of the certificate bears its check digits. */
export function certificate(gate, device) {
  const given = device.attributes?.certificate;
  const no = (code, found, message) =>
    deny(gate, code, {
      requirement: "certificate-is-genuine",
      path: `${record(device)}/attributes/certificate`,
      expected: "a number whose check digits fit",
      found,
      message,
      remedy: "copy the number from the certificate itself",
    });
  if (given === undefined) no("not-recorded", "not recorded", "the certificate is not recorded");
  else if (given === null) no("attribute-mismatch", "none", "the device has no certificate");
  else if (!isGenuine(given)) no("attribute-mismatch", given, "the certificate's number does not bear its own check digits");
}

/** The last calibration passed, on this very device, and is not too old. Gives the time until which it counts. */
export function calibration(gate, device, now) {
  const { days } = gate.policy;
  const { serial, evidence } = device;
  const no = (code, found, message) =>
    deny(gate, code, {
      requirement: "calibration-is-current",
      path: `${record(device)}/evidence`,
      expected: `passed, within ${days} days, seen ${serial ?? "the recorded serial"}`,
      found,
      message,
      remedy: "calibrate the device, and record result and serial",
    });
  const silent = (message) => no("not-recorded", "not recorded", message);

  const all = evidence?.filter(({ check }) => check === "calibration");
  // Of one without a time nobody knows whether it is the last.
  const gap =
    (!all && "calibrations are not recorded") ||
    (all.some(({ at }) => at == null) && "when a calibration was made is not recorded");
  if (gap) silent(gap);
  else if (all.length === 0) no("evidence-missing", "no such check", "no calibration is recorded");
  if (gap || all.length === 0) return null;

  const latest = Math.max(...all.map(({ at }) => milliseconds(at)));
  const until = latest + days * DAY;
  if (latest > now) no("evidence-future", written(latest), "the last calibration is dated after the time of decision");
  if (until <= now) no("evidence-stale", written(latest), "the last calibration is too old");
  if (serial == null) silent("the device's serial is not recorded");
  // Two of the same time: both have to be good.
  for (const { at, result, seen } of all.filter(({ at }) => milliseconds(at) === latest)) {
    if (result == null) silent("the result of the last calibration is not recorded");
    else if (result !== "passed") no("evidence-failed", `failed at ${at}`, "the last calibration failed");
    if (seen == null) no("evidence-unbound", "not recorded", "which serial was calibrated is not recorded");
    else if (serial != null && seen !== serial) no("evidence-other-item", `seen ${seen}`, "another serial was calibrated");
  }
  return until;
}
