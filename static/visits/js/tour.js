/* The shortest way through a day's stops: nearest next, then edges uncrossed (2-opt). Straight lines; an open way that
   starts where one is, or at the best first stop when that is not known. */
"use strict";

window.PaodianTour = (() => {
  const { metresBetween } = window.PaodianField;
  const far = (a, b) => metresBetween(a[0], a[1], b[0], b[1]);

  /* Metres from `start` ([lat, lng] or null) through `places` in their order. */
  function length(start, places) {
    let sum = start && places.length ? far(start, places[0]) : 0;
    for (let i = 1; i < places.length; i += 1) sum += far(places[i - 1], places[i]);
    return sum;
  }
  function nearest(from, places, left) {
    return left.reduce((best, index) => (far(from, places[index]) < far(from, places[best]) ? index : best), left[0]);
  }
  function greedy(start, places, first) {
    const left = places.map((_place, index) => index);
    const way = [];
    let next = first ?? nearest(start, places, left);
    while (left.length) {
      left.splice(left.indexOf(next), 1);
      way.push(next);
      if (left.length) next = nearest(places[next], places, left);
    }
    return way;
  }
  /* Reverses stretches while that shortens the way; both ends are free but for `start`. */
  function improve(start, places, way) {
    for (let better = true; better;) {
      better = false;
      for (let i = 0; i < way.length - 1; i += 1) {
        for (let j = i + 1; j < way.length; j += 1) {
          const before = i ? places[way[i - 1]] : start;
          const behind = j + 1 < way.length ? places[way[j + 1]] : null;
          const now = (before ? far(before, places[way[i]]) : 0) + (behind ? far(places[way[j]], behind) : 0);
          const then = (before ? far(before, places[way[j]]) : 0) + (behind ? far(places[way[i]], behind) : 0);
          if (then < now - 0.5) {
            way.splice(i, j - i + 1, ...way.slice(i, j + 1).reverse());
            better = true;
          }
        }
      }
    }
    return way;
  }
  /* Indexes of `places` in the order to visit them. */
  function order(start, places) {
    if (places.length < 2) return places.map((_place, index) => index);
    const firsts = start ? [undefined] : places.map((_place, index) => index).slice(0, 8);
    const ways = firsts.map((first) => improve(start, places, greedy(start, places, first)));
    // The plan itself is a candidate: the answer is never longer than what was planned.
    ways.push(improve(start, places, places.map((_place, index) => index)));
    const metres = (way) => length(start, way.map((index) => places[index]));
    return ways.reduce((best, way) => (metres(way) < metres(best) ? way : best));
  }
  return { order, length };
})();
