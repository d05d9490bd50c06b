// The data. A view is a computation as it was written, or with fused ops expanded; its tracks are
// its graphs: one, or several that are stepped in parallel. A track has a step for each op that ran,
// then one for each backward rule that ran. At a moment, counted from 1, each track is at one step.

// What a part of a graph leaves out adds the rest to gradients, in a step of its own.
const REST = { id: "rest", name: "…", inputs: [], symbols: [], output: null, remark: "what is not on this page" };

const { views: packed, terms, programs, depth, arrays } = JSON.parse(find("#data").textContent);
const views = packed.map(unpackView);
let view = views[0]; // the one that is shown
let now = 1; // the moment that is shown

function unpackTrack(data) {
  const values = new Map(data.values.map((v) => [v.id, { ...v, made: 0, arrivals: [] }]));
  const ops = new Map(data.ops.map((op) => [op.id, { ...op }]));
  const forward = [...ops.values()].map((op) => ({ pass: "forward", op }));
  const backward = data.backward.map((taken) =>
    ({ pass: "backward", op: ops.get(taken.op) ?? REST, taken }));
  const track = { ...data, values, ops, steps: { forward, backward }, edgesOf: new Map() };
  for (const op of ops.values()) values.get(op.output).maker = op;
  for (const edge of data.edges) {
    const op = ops.has(edge.target) ? edge.target : edge.source;
    track.edgesOf.set(op, [...(track.edgesOf.get(op) ?? []), edge]);
  }
  for (const steps of [forward, backward]) {
    for (const [i, step] of steps.entries()) Object.assign(step, { track, number: i + 1 });
  }
  return track;
}

function unpackView(data, number) {
  const tracks = (data.tracks ?? [data]).map(unpackTrack);
  const forward = moments(tracks.map((track) => track.steps.forward));
  const backward = moments(tracks.map((track) => track.steps.backward));
  const made = { number, tracks, forward: forward.length, moments: [...forward, ...backward] };
  for (const [i, steps] of made.moments.entries()) {
    for (const step of steps.filter(Boolean)) date(step, i + 1);
  }
  for (const track of tracks) {
    track.births = track.births.map((birth, i) =>
      ({ ...birth, track, step: momentOfBirth(birth, track), blamed: i === track.culprit }),
    ).filter((birth) => birth.step);
    track.broken = Math.min(...track.births.filter((birth) => birth.blamed).map((birth) => birth.step));
  }
  made.births = tracks.flatMap((track) => track.births);
  made.pictures = all(`svg[data-view="${number}"]`).map((svg) => ({ svg, camera: find("g", svg) }));
  made.picture = made.pictures[0];
  return made;
}

function date(step, moment) {
  const { op, pass, taken, track } = step;
  step.moment = moment;
  if (op !== REST) op[pass] = moment;
  if (pass === "forward") track.values.get(op.output).made = moment;
  for (const part of taken?.contributions ?? []) {
    if (part.amount !== null || op === REST) track.values.get(part.value).arrivals.push(moment);
  }
}

// Side by side: what tracks share comes at the same moment, and before it what each does alone.
function moments(lists) {
  if (lists.length === 1) return lists[0].map((step) => [step]);
  const name = (step) => (step.op === REST ? `rest ${lists.indexOf(step.track)}` : step.op.id);
  const shared = (id) => lists.every((list) => list.some((step) => name(step) === id));
  const anchors = lists[0].map(name).filter(shared);
  const at = lists.map(() => 0);
  const found = [];
  for (const anchor of [...anchors, null]) {
    const parts = lists.map((list, i) => {
      const end = anchor === null ? list.length : list.findIndex((step) => name(step) === anchor);
      const part = list.slice(at[i], Math.max(at[i], end));
      at[i] = Math.max(at[i], end) + 1;
      return [part, list[end]];
    });
    const longest = Math.max(...parts.map(([part]) => part.length));
    for (let k = 0; k < longest; k++) found.push(parts.map(([part]) => part[k] ?? null));
    if (anchor !== null) found.push(parts.map(([, step]) => step));
  }
  return found;
}

// Of what came in: its first use; of a gradient: its last contribution, or the step that it starts.
function momentOfBirth({ node, in_pass: pass }, { ops, values }) {
  if (ops.has(node)) return ops.get(node)[pass];
  const list = [...ops.values()];
  if (pass === "forward") return list.find((op) => op.inputs.includes(node))?.forward;
  return values.get(node)?.arrivals.at(-1) ?? list.find((op) => op.output === node)?.backward;
}

const stepsNow = () => view.moments[now - 1].filter(Boolean);
const isBackward = () => now > view.forward;

// ---------------------------------------------------------------------------------------------
// What things are called
// ---------------------------------------------------------------------------------------------

const makerOf = (id, track) => track.values.get(id).maker;

function nameOf(id, track) {
  const value = track.values.get(id);
  const maker = makerOf(id, track)?.name;
  return value.label ?? value.expression ?? (maker ? `result of ${maker}` : value.role);
}

function derivative(id, track) {
  const name = nameOf(id, track);
  const root = track.values.get(track.output).label ?? track.title ?? "output";
  const maker = makerOf(id, track)?.name;
  const short = name.length > 24 && maker ? `result of ${maker}` : name;
  return `∂${root}/∂${id === track.output ? root : /^[\w.]+$/.test(short) ? short : `(${short})`}`;
}

function sayBirth(birth) {
  const { track } = birth;
  const op = track.ops.get(birth.node);
  const what = birth.what.replaceAll("-", "−");
  const who = track.title ? `${track.title}: ` : "";
  if (op) return `${who}${what} born in ${op.name} (${birth.in_pass})`;
  if (birth.in_pass === "forward") return `${who}${what} came in with ${nameOf(birth.node, track)}`;
  const how = birth.reason ? "born in the sum of" : "came in with";
  return `${who}${what} ${how} ${derivative(birth.node, track)}`;
}
