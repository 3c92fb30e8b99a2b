// A box drawn on the page in any of three ways: dragged; a click or touch at each of two corners; or with the arrow keys,
// Shift with them for its size, Ctrl for small steps, Enter to take it.
const SMALLEST = 4;
const SLIP = 6; // Pixels of the screen a click may slip.

/** Resolves with [x, y, w, h] in the original's pixels, or null on Escape. `from`: where the keys begin. */
export function drawBox(viewer, from) {
  const { canvas, page } = viewer;
  canvas.classList.add("drawing");
  return new Promise((resolve) => {
    let start = null; // The first corner, on the page.
    let pressed = null; // Where the button went down, on the screen.
    let byKeys = null;

    const clamp = (value, most) => Math.min(Math.max(value, 0), most);
    const onPage = (event) => {
      const rect = canvas.getBoundingClientRect();
      const point = new OpenSeadragon.Point(event.clientX - rect.left, event.clientY - rect.top);
      const { x, y } = viewer.item().viewerElementToImageCoordinates(point);
      return { x: clamp(x, page.width), y: clamp(y, page.height) };
    };
    const between = (a, b) => [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y)];
    const show = (box) => {
      viewer.rubber = box;
      viewer.schedule();
    };
    const finish = (box) => {
      canvas.classList.remove("drawing");
      for (const [name, listener] of listeners) canvas.removeEventListener(name, listener);
      removeEventListener("keydown", key, true);
      show(null);
      resolve(box && box.map(Math.round));
    };
    const take = (box) => {
      if (box[2] >= SMALLEST && box[3] >= SMALLEST) return finish(box);
      start = null;
      show(null);
    };

    const listeners = [
      ["pointerdown", (event) => {
        canvas.setPointerCapture(event.pointerId);
        pressed = { x: event.clientX, y: event.clientY };
        start ??= onPage(event);
      }],
      ["pointermove", (event) => start && show(between(start, onPage(event)))],
      ["pointerup", (event) => {
        if (!start || !pressed) return;
        const slipped = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < SLIP;
        const box = between(start, onPage(event));
        pressed = null;
        // A click at the first corner: the second is still to come.
        if (slipped && Math.max(box[2], box[3]) < page.width * 0.01) return;
        take(box);
      }],
      ["pointercancel", () => {
        start = pressed = null;
        show(null);
      }],
    ];

    const key = (event) => {
      const used = () => (event.preventDefault(), event.stopPropagation());
      if (event.key === "Escape") return used(), finish(null);
      if (event.key === "Enter" && byKeys) return used(), take(byKeys);
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way) return;
      used();
      const { width, height } = page;
      byKeys ??= from ? [...from] : [width * 0.35, height * 0.47, width * 0.3, height * 0.06];
      const step = width * (event.ctrlKey ? 0.002 : 0.01);
      const [x, y, w, h] = byKeys;
      if (event.shiftKey) {
        byKeys = [x, y, clamp(w + way[0] * step, width - x), clamp(h + way[1] * step, height - y)];
      } else {
        byKeys = [clamp(x + way[0] * step, width - w), clamp(y + way[1] * step, height - h), w, h];
      }
      show(byKeys);
    };

    for (const [name, listener] of listeners) canvas.addEventListener(name, listener);
    addEventListener("keydown", key, true);
  });
}
