// The original beside the fields: OpenSeadragon below, one canvas for all boxes above it.
import { drawBox } from "/assets/draw.js";

const ANIMATION = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.18;

export class Viewer {
  constructor(element, canvas, beside) {
    this.canvas = canvas;
    this.element = element;
    this.besideElement = beside;
    this.besideOsd = null;
    this.view = 0; // 0: the original; 1: the restored page in its place; 2: the original above, the restored page below.
    this.boxes = [];
    this.active = null;
    this.page = null;
    this.items = new Map();
    this.filters = { invert: false, contrast: 0 };
    this.wholePage = false;
    // How much closer than usual the person likes to look; learned from zooming by hand, kept for the days to come.
    this.closer = Math.min(3, Math.max(0.35, Number(localStorage.getItem("sobo.closer")) || 1));
    this.target = null; // The zoom of the last move to a box.
    this.byHand = false;
    this.osd = OpenSeadragon({
      element,
      showNavigationControl: false,
      animationTime: ANIMATION,
      springStiffness: 12,
      immediateRender: true,
      blendTime: 0,
      maxZoomPixelRatio: 4,
      minZoomImageRatio: 0.6,
      visibilityRatio: 0.2,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsTouch: { clickToZoom: false },
      crossOriginPolicy: false,
      drawer: ["canvas"],
      imageLoaderLimit: 6,
      maxImageCacheCount: 400,
    });
    // Keys belong to the fields: the viewer takes none that the screen uses.
    this.osd.innerTracker.keyHandler = null;
    this.osd.innerTracker.keyDownHandler = null;
    for (const event of ["update-viewport", "resize", "rotate", "flip", "open"]) {
      this.osd.addHandler(event, () => this.schedule());
    }
    this.osd.addHandler("canvas-click", (event) => {
      if (!event.quick || !this.page) return;
      const hit = this.hit(event.position);
      if (hit) this.onpick?.(hit);
    });
    for (const event of ["canvas-scroll", "canvas-pinch", "canvas-double-click"]) {
      this.osd.addHandler(event, () => (this.byHand = true));
    }
    this.osd.addHandler("tile-load-failed", () => this.onfail?.());
    for (const event of ["update-viewport", "resize", "rotate"]) this.osd.addHandler(event, () => this.follow());
  }

  source(page, tiles = page.tiles) {
    return {
      width: page.width,
      height: page.height,
      tileSize: page.tile,
      tileOverlap: 0,
      minLevel: 0,
      maxLevel: page.max_level,
      getTileUrl: (level, x, y) => `${tiles}/${level}/${x}_${y}.jpg`,
    };
  }

  // Loads a page's tiles without showing them.
  prepare(page) {
    if (!page || this.items.has(page.id) || this.items.size > 3) return;
    this.items.set(page.id, null);
    this.osd.addTiledImage({
      tileSource: this.source(page),
      opacity: 0,
      preload: true,
      success: ({ item }) => this.items.set(page.id, item),
      error: () => this.items.delete(page.id),
    });
  }

  // Shows a page. The same page again leaves zoom and position as they are.
  async show(page) {
    if (this.page?.id === page.id) return;
    const before = this.items.get(this.page?.id);
    this.page = page;
    const ready = this.items.get(page.id);
    const item =
      ready ??
      (await new Promise((resolve) =>
        this.osd.addTiledImage({
          tileSource: this.source(page),
          success: ({ item }) => resolve(item),
          error: () => resolve(null),
        }),
      ));
    if (this.page?.id !== page.id) return;
    if (!item) return this.onfail?.();
    item.setOpacity(1);
    this.items.set(page.id, item);
    for (const [id, old] of this.items) {
      if (id === page.id || !old) continue;
      if (old === before || old.getOpacity() > 0) {
        this.osd.world.removeItem(old);
        this.items.delete(id);
      }
    }
    if (!before) this.osd.viewport.fitBounds(item.getBounds(), true);
    await this.showRestored();
    this.schedule();
  }

  item() {
    return this.page ? this.items.get(this.page.id) : null;
  }

  // Zooming by hand since the last move tells how close the person likes to look.
  learn() {
    if (!this.byHand) return;
    this.byHand = false;
    if (this.wholePage || !this.target) return;
    this.keepCloser(this.closer * (this.osd.viewport.getZoom(false) / this.target));
  }

  keepCloser(closer) {
    this.closer = Math.min(3, Math.max(0.35, closer));
    try {
      localStorage.setItem("sobo.closer", this.closer.toFixed(3));
    } catch {
      // It holds as long as the page is open.
    }
  }

  // Keys: zooms, or shows the usual part of the page again.
  zoom(by) {
    if (by === 0) {
      this.keepCloser(1);
      this.byHand = false;
      return;
    }
    this.osd.viewport.zoomBy(by);
    this.osd.viewport.applyConstraints();
    this.byHand = true;
  }

  // Keys: the head of the page, as close as the view is now; the field's own box is one key away.
  head() {
    const item = this.item();
    if (!item) return;
    const { viewport } = this.osd;
    const seen = viewport.getBoundsNoRotate(false);
    const page = item.getBounds(false);
    viewport.panTo(new OpenSeadragon.Point(viewport.getCenter(false).x, page.y + seen.height / 2));
  }

  // Keys: moves the view by parts of what is seen.
  pan(x, y) {
    const { viewport } = this.osd;
    const seen = viewport.getBoundsNoRotate(false);
    const turned = new OpenSeadragon.Point(x * seen.width, y * seen.height).rotate(-viewport.getRotation());
    viewport.panBy(turned);
    viewport.applyConstraints();
  }

  // Pans to a box and zooms so that it is read with ease; the surroundings stay in sight.
  goto([x, y, w, h], immediately = false) {
    const item = this.item();
    if (!item || !this.page) return;
    this.learn();
    const view = this.osd.viewport.getContainerSize();
    const shape = view.x / Math.max(1, view.y);
    // At least this part of the page's width, so that a short value is not blown up beyond reading.
    let width = Math.max(w * 1.35, this.page.width * 0.36, h * 7);
    width = Math.min(Math.max(width / this.closer, w * 1.08), this.page.width * 1.02);
    const height = width / shape;
    const left = Math.min(Math.max(x + w / 2 - width / 2, -this.page.width * 0.02), Math.max(0, this.page.width * 1.02 - width));
    const top = y + h / 2 - height * 0.42;
    const rect = item.imageToViewportRectangle(left, top, width, height);
    this.wholePage = false;
    this.osd.viewport.fitBounds(rect, immediately);
    this.target = this.osd.viewport.getZoom(false);
  }

  whole(immediately = false) {
    const item = this.item();
    if (!item) return;
    this.learn();
    this.wholePage = true;
    this.osd.viewport.fitBounds(item.getBounds(), immediately);
  }

  rotate() {
    this.osd.viewport.setRotation((this.osd.viewport.getRotation() + 90) % 360);
  }

  filter(change) {
    Object.assign(this.filters, change);
    const contrast = [1, 1.6, 2.4][this.filters.contrast];
    const parts = [];
    if (this.filters.invert) parts.push("invert(1)");
    if (contrast !== 1) parts.push(`contrast(${contrast})`, "grayscale(1)");
    for (const osd of [this.osd, this.besideOsd]) if (osd) osd.drawer.canvas.style.filter = parts.join(" ");
  }

  // The next way of looking; none of them moves the page. Gives the one chosen.
  restored() {
    if (!this.page?.restored) return 0;
    this.view = (this.view + 1) % 3;
    this.showRestored();
    return this.view;
  }

  // Lays the restored page over the original, or beside it, as the view wants; takes it away where it does not.
  async showRestored() {
    const page = this.page;
    const beside = this.view === 2 && Boolean(page?.restored);
    this.element.parentElement.classList.toggle("both", beside);
    this.besideElement.hidden = !beside;
    if (this.cover && (this.cover.page !== page.id || this.view !== 1)) {
      this.osd.world.removeItem(this.cover.item);
      this.cover = null;
    }
    if (this.view === 1 && page?.restored && !this.cover) {
      const wanted = page.id;
      this.osd.addTiledImage({
        tileSource: this.source(page, page.restored),
        success: ({ item }) => {
          if (this.view !== 1 || this.page?.id !== wanted || this.cover) return this.osd.world.removeItem(item);
          this.cover = { page: wanted, item };
        },
      });
    }
    if (!beside) return;
    this.besideOsd ??= OpenSeadragon({
      element: this.besideElement, showNavigationControl: false, animationTime: 0, immediateRender: true, blendTime: 0,
      maxZoomPixelRatio: 4, minZoomImageRatio: 0.1, visibilityRatio: 0, mouseNavEnabled: false, drawer: ["canvas"], crossOriginPolicy: false,
    });
    this.besideOsd.innerTracker.keyHandler = null;
    this.besideOsd.innerTracker.keyDownHandler = null;
    if (this.besideOsd.pageId === page.id) return this.follow();
    this.besideOsd.pageId = page.id;
    this.besideOsd.world.removeAll();
    this.besideOsd.addTiledImage({ tileSource: this.source(page, page.restored), success: () => this.follow() });
  }

  // The view beside shows the same part of the page.
  follow() {
    if (this.view !== 2 || !this.besideOsd?.viewport || !this.besideOsd.world.getItemCount()) return;
    const { viewport } = this.osd;
    this.besideOsd.viewport.zoomTo(viewport.getZoom(true), null, true);
    this.besideOsd.viewport.panTo(viewport.getCenter(true), true);
    this.besideOsd.viewport.setRotation(viewport.getRotation(), true);
  }

  // boxes: [{bbox, kind: "field" | "entry", id, label}]
  draw(boxes, active) {
    this.boxes = boxes;
    this.active = active;
    this.schedule();
  }

  schedule() {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.paint();
    });
  }

  // From pixels of the original to pixels of the canvas, asked of the viewer once for any number of boxes.
  transform() {
    const item = this.item();
    const at = (x, y) => item.imageToViewerElementCoordinates(new OpenSeadragon.Point(x, y));
    const [o, x, y] = [at(0, 0), at(1000, 0), at(0, 1000)];
    const [xx, xy, yx, yy] = [(x.x - o.x) / 1000, (x.y - o.y) / 1000, (y.x - o.x) / 1000, (y.y - o.y) / 1000];
    return (px, py) => ({ x: o.x + px * xx + py * yx, y: o.y + px * xy + py * yy });
  }

  paint() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const g = this.canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    if (!this.item()) return;
    const at = this.transform();
    const corners = ([x, y, w, h]) => [at(x, y), at(x + w, y), at(x + w, y + h), at(x, y + h)];
    for (const box of this.boxes) {
      const points = corners(box.bbox);
      const xs = points.map((p) => p.x), ys = points.map((p) => p.y);
      if (Math.max(...xs) < 0 || Math.min(...xs) > width || Math.max(...ys) < 0 || Math.min(...ys) > height) continue;
      const isActive = box.id === this.active;
      g.beginPath();
      points.forEach((p, i) => (i ? g.lineTo(p.x, p.y) : g.moveTo(p.x, p.y)));
      g.closePath();
      if (box.kind === "entry") {
        g.setLineDash([7, 5]);
        g.lineWidth = box.here ? 2 : 1;
        g.strokeStyle = box.here ? "rgb(40 120 190 / 85%)" : "rgb(120 120 120 / 70%)";
      } else {
        g.setLineDash([]);
        g.lineWidth = isActive ? 3 : 1;
        g.strokeStyle = isActive ? "rgb(210 90 0)" : box.attention ? "rgb(200 120 0 / 80%)" : "rgb(30 110 170 / 45%)";
        if (isActive) {
          g.fillStyle = "rgb(255 190 60 / 16%)";
          g.fill();
        }
      }
      g.stroke();
    }
    g.setLineDash([]);
    if (this.rubber) {
      g.strokeStyle = "rgb(210 90 0)";
      g.lineWidth = 2;
      g.beginPath();
      corners(this.rubber).forEach((p, i) => (i ? g.lineTo(p.x, p.y) : g.moveTo(p.x, p.y)));
      g.closePath();
      g.stroke();
    }
  }

  hit(position) {
    const item = this.item();
    if (!item) return null;
    const p = item.viewerElementToImageCoordinates(position);
    const inside = this.boxes.filter(({ bbox: [x, y, w, h] }) => p.x >= x && p.x <= x + w && p.y >= y && p.y <= y + h);
    inside.sort((a, b) => a.bbox[2] * a.bbox[3] - b.bbox[2] * b.bbox[3]);
    return inside[0] ?? null;
  }

  // Lets a box be drawn; resolves with [x, y, w, h] in the original's pixels, or null on Escape.
  rubberBand(from = null) {
    return drawBox(this, from);
  }
}
