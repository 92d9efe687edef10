// Where the component runs: apart from the page, so that one that traps or never comes back can be ended and replaced.

import { instantiate } from "../build/component/handoff.js";
import { Evaluator } from "./evaluate.js";

let evaluator;

onmessage = async ({ data }) => {
  if (data.modules) {
    // It imports nothing, and gets nothing.
    const component = instantiate((name) => data.modules[name], {});
    evaluator = component.then(({ decisions }) => new Evaluator(decisions));
    return;
  }
  const { id, request } = data;
  try {
    postMessage({ id, outcome: (await evaluator).evaluate(request) });
  } catch (error) {
    // After a trap nothing of this instance is to be trusted: the page ends this worker.
    postMessage({ id, stopped: String(error?.message ?? error) });
  }
};
