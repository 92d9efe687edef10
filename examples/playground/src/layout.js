// Where the states of a workflow stand in its picture, and how the arrows run.

import dagre from "@dagrejs/dagre";

const HEIGHT = 38;

/** Boxes by state, and arrows with the points that they run through. `from` null is the entry. */
export function layout(workflow, widthOf) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 22, ranksep: 44, edgesep: 10, marginx: 8, marginy: 8, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [name, state] of Object.entries(workflow.states)) graph.setNode(name, { width: widthOf(name, state), height: HEIGHT });
  // The main way makes the spine; the rest finds its place around it.
  for (const { from, to } of workflow.transitions) {
    if (from === null || from === to) continue;
    const main = workflow.states[from]?.main === to;
    graph.setEdge(from, to, { weight: main ? 20 : 1 });
  }
  dagre.layout(graph);
  const boxes = new Map(graph.nodes().map((name) => [name, graph.node(name)]));
  const arrows = graph.edges().map(({ v, w }) => ({ from: v, to: w, points: graph.edge(v, w).points }));
  const { width, height } = graph.graph();
  return { width, height, boxes, arrows };
}

/** A smooth path through points. */
export function curve([first, ...rest]) {
  let path = `M${at(first)}`;
  for (let i = 0; i < rest.length - 1; i += 1) {
    const [a, b] = [rest[i], rest[i + 1]];
    const end = i === rest.length - 2 ? b : { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    path += `Q${at(a)} ${at(end)}`;
  }
  return rest.length === 1 ? `${path}L${at(rest[0])}` : path;
}

const at = ({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`;
