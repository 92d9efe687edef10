// Where the states of a workflow stand in its picture, and how the arrows run.

import dagre from "@dagrejs/dagre";

const HEIGHT = 38;

/** Boxes by state, and arrows with the paths that they run along. */
export function layout(workflow, widthOf) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 34, edgesep: 8, marginx: 14, marginy: 14 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [name, state] of Object.entries(workflow.states)) graph.setNode(name, { width: widthOf(name, state), height: HEIGHT });
  for (const [from, to] of frame(workflow)) graph.setEdge(from, to, { weight: workflow.states[from].main === to ? 20 : 1 });
  dagre.layout(graph);
  const boxes = new Map(graph.nodes().map((name) => [name, graph.node(name)]));
  const arrows = workflow.transitions.filter(({ from, to }) => from !== null && from !== to).map(({ from, to }) => {
    const laid = graph.edge(from, to)?.points;
    return { from, to, path: laid ? curve(laid) : bow(boxes.get(from), boxes.get(to)) };
  });
  const { width, height } = graph.graph();
  return { width, height, boxes, arrows };
}

/**
 * The transitions that tell where the states stand: the main ways, and one way into every state that lies on none. Ways in and out of
 * everywhere, as to a write-off, would else pull the picture apart.
 */
function frame({ states, transitions, initial }) {
  const edges = Object.entries(states).filter(([, { main }]) => main).map(([name, { main }]) => [name, main]);
  const reached = new Set([...initial, ...edges.map(([, to]) => to)]);
  for (const { from, to } of transitions) {
    if (from === null || reached.has(to)) continue;
    reached.add(to);
    edges.push([from, to]);
  }
  return edges;
}

/** An arrow beside the frame, bent so that it does not hide behind the straight ones. */
function bow(from, to) {
  const down = to.y > from.y;
  if (Math.abs(to.y - from.y) < HEIGHT) {
    const right = to.x > from.x;
    const [a, b] = [{ x: from.x, y: from.y + from.height / 2 }, { x: to.x, y: to.y + to.height / 2 }];
    const dip = 22 + Math.abs(b.x - a.x) / 12;
    return `M${at({ x: a.x + (right ? 8 : -8), y: a.y })}C${at({ x: a.x, y: a.y + dip })} ${at({ x: b.x, y: b.y + dip })} ${at(b)}`;
  }
  const side = to.x === from.x ? 1 : Math.sign(to.x - from.x);
  const a = { x: from.x + (side * from.width) / 4, y: from.y + (down ? 1 : -1) * (from.height / 2) };
  const b = { x: to.x - (side * to.width) / 4, y: to.y - (down ? 1 : -1) * (to.height / 2) };
  const pull = Math.min(Math.abs(b.y - a.y) / 2, 70) * (down ? 1 : -1);
  return `M${at(a)}C${at({ x: a.x + side * 14, y: a.y + pull })} ${at({ x: b.x - side * 14, y: b.y - pull })} ${at(b)}`;
}

/** A smooth path through points. */
function curve([first, ...rest]) {
  let path = `M${at(first)}`;
  for (let i = 0; i < rest.length - 1; i += 1) {
    const [a, b] = [rest[i], rest[i + 1]];
    const end = i === rest.length - 2 ? b : { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    path += `Q${at(a)} ${at(end)}`;
  }
  return rest.length === 1 ? `${path}L${at(rest[0])}` : path;
}

const at = ({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`;
