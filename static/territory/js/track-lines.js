/* Drawn pieces of tracks as the server packs them (territory.rules.pack): columns of differences. */
"use strict";

window.PaodianTrack = {
  SCALE: 100000,
  /* {t, lat, lng} of differences → [[lat, lng, seconds], …] */
  unpack({ t, lat, lng }) {
    const points = [];
    let [time, north, east] = [0, 0, 0];
    for (let n = 0; n < t.length; n += 1) {
      time += t[n];
      north += lat[n];
      east += lng[n];
      points.push([north / this.SCALE, east / this.SCALE, time]);
    }
    return points;
  },
};
