"use strict";
(function () {
  var tip = document.getElementById("tip");
  function textOf(hit) {
    var fig = hit.closest("figure");
    var all = hit.ownerSVGElement.querySelectorAll(".h");
    var at = Array.prototype.indexOf.call(all, hit);
    var wide = fig.querySelectorAll(".wide .h")[at];
    if (!wide) { return ""; }
    var t = wide.querySelector("title");
    if (t) { wide.dataset.text = t.textContent; t.remove(); }
    return wide.dataset.text || "";
  }
  function show(hit) {
    tip.textContent = textOf(hit);
    tip.hidden = false;
    var at = hit.getBoundingClientRect(), room = document.documentElement.clientWidth;
    var left = Math.min(at.left, room - tip.offsetWidth - 8);
    tip.style.left = Math.max(8, left) + "px";
    var over = at.top - tip.offsetHeight - 6;
    tip.style.top = (over > 0 ? over : at.bottom + 6) + "px";
  }
  function hide() { tip.hidden = true; }
  function nearest(svg, x, y) {
    var best = null, far = 24 * 24;
    svg.querySelectorAll(".h").forEach(function (h) {
      var b = h.getBoundingClientRect();
      var dx = b.left + b.width / 2 - x, dy = b.top + b.height / 2 - y, d = dx * dx + dy * dy;
      if (d < far) { far = d; best = h; }
    });
    return best;
  }
  document.querySelectorAll("figure svg").forEach(function (svg) {
    svg.addEventListener("pointerover", function (e) {
      if (e.target.classList.contains("h")) { show(e.target); } else { hide(); }
    });
    svg.addEventListener("pointerleave", function (e) {
      if (e.pointerType === "mouse") { hide(); }
    });
    svg.addEventListener("click", function (e) {
      var h = nearest(svg, e.clientX, e.clientY);
      if (h) { show(h); } else { hide(); }
    });
  });
  document.addEventListener("keydown", function (e) { if (e.key === "Escape") { hide(); } });
  window.addEventListener("scroll", hide, { passive: true });
})();
