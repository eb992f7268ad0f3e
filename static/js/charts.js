// @ts-check
// Draws what the tables of a dashboard say. Without this file, or without the library, the tables stand open.

/**
 * @typedef {{ label: string, values: number[], text: string, aside?: string, bad?: boolean, hollow?: boolean, url?: string }} Bar
 * @typedef {{ label: string, year: string, value: number | null, text: string, live: boolean, url: string }} Point
 * @typedef {{ label: string, value: number, hollow: boolean, url: string }} Column
 * @typedef {{ label: string, value: number, tone: string, url: string }} Part
 * @typedef {{ kind: "bars", rows: Bar[], most?: number, track?: boolean, tone?: string }
 *   | { kind: "line", points: Point[] } | { kind: "columns", columns: Column[] } | { kind: "parts", parts: Part[] }} Drawn
 */

/** @type {any} The library is a classic script that was loaded before. */
const Chart = /** @type {any} */ (window).Chart;

/** Of a chart's width bars take at least this, or their names stand above them. */
const LEAST = 0.3;
const PAPER = 660;

/** @param {string} name */
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The note's size: 16 on the phone, 13 on the desk, larger where 大字 is on. */
function textSize() {
  const note = document.querySelector(".dashboard .note");
  return note ? parseFloat(getComputedStyle(note).fontSize) : 13;
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} y
 * @param {{ align?: CanvasTextAlign, color?: string, bold?: boolean }} [how] */
function write(context, text, x, y, { align = "left", color = token("ink"), bold = false } = {}) {
  context.font = `${bold ? 700 : 400} ${textSize()}px ${getComputedStyle(document.body).fontFamily}`;
  context.fillStyle = color;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.fillText(text, x, y);
}

/** @param {string[]} texts */
function widest(texts) {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) return 0;
  context.font = `400 ${textSize()}px ${getComputedStyle(document.body).fontFamily}`;
  return Math.ceil(Math.max(0, ...texts.map((text) => context.measureText(text).width)));
}

/** @param {string[]} urls */
const opens = (urls) => ({
  onClick: (/** @type {any} */ event, /** @type {any[]} */ found, /** @type {any} */ chart) => {
    const near = found.length ? found : chart.getElementsAtEventForMode(event, "index", { intersect: false }, false);
    const url = near.length ? urls[near[0].index] : "";
    if (url) location.assign(url);
  },
  onHover: (/** @type {any} */ event, /** @type {any[]} */ found) => {
    event.native.target.style.cursor = found.length && urls[found[0].index] ? "pointer" : "default";
  },
});

const plain = {
  responsive: true,
  maintainAspectRatio: false,
  animation: false,
  plugins: { legend: { display: false }, tooltip: { enabled: false } },
};

/** Bars from the left with their words beside them; on a narrow screen above them.
 * @param {Extract<Drawn, { kind: "bars" }>} drawn @param {number} width */
function bars(drawn, width) {
  const size = textSize();
  const asides = drawn.rows.map((row) => row.aside ?? "");
  const texts = drawn.rows.map((row) => row.text);
  const asideWidth = widest(asides);
  const textWidth = widest(texts);
  const first = token(drawn.tone ?? "accent");
  const most = drawn.most ?? Math.max(1, ...drawn.rows.map((row) => row.values.reduce((a, b) => a + b, 0)));
  const left = widest(drawn.rows.map((row) => row.label)) + 12;
  const beside = textWidth + (asideWidth ? asideWidth + 12 : 0) + 14;
  const narrow = width - left - beside < LEAST * width;
  const right = narrow ? 0 : beside;
  const words = {
    id: "words",
    afterDatasetsDraw: (/** @type {any} */ chart) => {
      const { ctx, chartArea, scales, width: whole } = chart;
      drawn.rows.forEach((row, index) => {
        const y = scales.y.getPixelForValue(index) - (narrow ? size * 0.6 + 8 : 0);
        const end = scales.x.getPixelForValue(row.values.reduce((a, b) => a + b, 0));
        const color = row.bad ? token("bad") : token("ink2");
        if (narrow) write(ctx, row.label, 0, y);
        write(ctx, row.aside ?? "", whole, y, { align: "right", color });
        if (narrow || drawn.track) {
          write(ctx, row.text, whole - (asideWidth ? asideWidth + 12 : 0), y, { align: "right" });
        } else {
          write(ctx, row.text, Math.min(end, chartArea.right) + 8, y);
        }
      });
    },
    beforeDatasetsDraw: (/** @type {any} */ chart) => {
      if (!drawn.track) return;
      for (const bar of chart.getDatasetMeta(0).data) {
        chart.ctx.fillStyle = token("wash2");
        chart.ctx.fillRect(chart.chartArea.left, bar.y - bar.height / 2, chart.chartArea.width, bar.height);
      }
    },
  };
  const many = Math.max(...drawn.rows.map((row) => row.values.length));
  const sets = Array.from({ length: many }, (_, place) => ({
    data: drawn.rows.map((row) => row.values[place] ?? 0),
    backgroundColor: drawn.rows.map((row) => (place ? token("bad") : row.hollow ? token("paper") : first)),
    borderColor: drawn.rows.map((row) => (row.hollow ? first : "transparent")),
    borderWidth: drawn.rows.map((row) => (row.hollow ? 1.5 : 0)),
    borderSkipped: false,
    barThickness: narrow ? 8 : 14,
  }));
  return {
    height: drawn.rows.length * (narrow ? size * 3 : Math.max(27, size * 1.9)) + 10,
    config: {
      type: "bar",
      data: { labels: drawn.rows.map((row) => row.label), datasets: sets },
      options: {
        ...plain,
        ...opens(drawn.rows.map((row) => row.url ?? "")),
        indexAxis: "y",
        layout: { padding: { right, top: narrow ? size * 0.5 : 0 } },
        scales: {
          x: { display: false, stacked: true, min: 0, max: most },
          y: {
            stacked: true,
            display: !narrow,
            grid: { display: false },
            border: { display: false },
            ticks: { color: token("ink"), autoSkip: false, font: { size }, crossAlign: "far" },
            afterFit: (/** @type {any} */ scale) => {
              scale.width = narrow ? 0 : left;
            },
          },
        },
      },
      plugins: [words],
    },
  };
}

/** A filled point is a frozen figure, a hollow one may still change.
 * @param {Extract<Drawn, { kind: "line" }>} drawn */
function line(drawn) {
  const size = textSize();
  const points = drawn.points;
  const rated = points.map((point, index) => (point.value === null ? -1 : index)).filter((index) => index >= 0);
  const best = rated.reduce((a, b) => (Number(points[b].value) > Number(points[a].value) ? b : a), rated[0]);
  const last = rated[rated.length - 1];
  const words = {
    id: "words",
    afterDatasetsDraw: (/** @type {any} */ chart) => {
      for (const index of new Set([rated[0], best, last])) {
        const at = chart.getDatasetMeta(0).data[index];
        const bold = index === last;
        // Above its point, below it where the line beside is higher.
        const next = [points[index - 1], points[index + 1]].map((point) => point?.value ?? 0);
        const low = Math.max(...next) > Number(points[index].value);
        const color = bold ? token("accent") : token("ink");
        const align = index === points.length - 1 ? "right" : index === 0 ? "left" : "center";
        write(chart.ctx, points[index].text, at.x, low ? at.y + size * 1.1 : Math.max(at.y - size, size / 2), { align, color, bold });
      }
    },
  };
  return {
    height: 190 + size * 2,
    config: {
      type: "line",
      data: {
        labels: points.map((point, index) =>
          index === 0 || point.label === "1月" ? [point.label, point.year] : point.label,
        ),
        datasets: [
          {
            data: points.map((point) => point.value),
            borderColor: token("accent"),
            borderWidth: 2,
            pointRadius: 4,
            pointBorderWidth: 2,
            pointBorderColor: token("accent"),
            pointBackgroundColor: points.map((point) => token(point.live ? "paper" : "accent")),
            segment: {
              borderDash: (/** @type {any} */ part) => (points[part.p1DataIndex].live ? [5, 4] : undefined),
            },
            clip: false,
          },
        ],
      },
      options: {
        ...plain,
        ...opens(points.map((point) => point.url)),
        layout: { padding: { top: size * 1.6, right: 8 } },
        scales: {
          x: { grid: { display: false }, border: { color: token("edge") }, ticks: ticks(size) },
          y: {
            min: 0,
            max: 100,
            grid: { color: token("line") },
            border: { display: false },
            ticks: { ...ticks(size), maxTicksLimit: 5 },
          },
        },
      },
      plugins: [words],
    },
  };
}

/** @param {number} size */
const ticks = (size) => ({ color: token("ink2"), font: { size }, maxRotation: 0, autoSkipPadding: 8 });

/** A hollow column is a day off.
 * @param {Extract<Drawn, { kind: "columns" }>} drawn */
function columns(drawn) {
  const size = textSize();
  const most = Math.max(...drawn.columns.map((column) => column.value));
  const words = {
    id: "words",
    afterDatasetsDraw: (/** @type {any} */ chart) => {
      const at = chart.getDatasetMeta(0).data[drawn.columns.findIndex((column) => column.value === most)];
      write(chart.ctx, most.toLocaleString("en"), at.x, at.y - size * 0.7, { align: "center" });
    },
  };
  return {
    height: 120 + size * 2,
    config: {
      type: "bar",
      data: {
        labels: drawn.columns.map((column) => column.label),
        datasets: [
          {
            data: drawn.columns.map((column) => column.value),
            backgroundColor: drawn.columns.map((column) => token(column.hollow ? "paper" : "c2")),
            borderColor: token("c2"),
            borderWidth: drawn.columns.map((column) => (column.hollow ? 1.5 : 0)),
            categoryPercentage: 0.9,
            barPercentage: 0.8,
            maxBarThickness: 36,
          },
        ],
      },
      options: {
        ...plain,
        ...opens(drawn.columns.map((column) => column.url)),
        layout: { padding: { top: size * 1.6 } },
        scales: {
          x: { grid: { display: false }, border: { color: token("edge") }, ticks: ticks(size) },
          y: { display: false, min: 0, max: most },
        },
      },
      plugins: [words],
    },
  };
}

/** One bar of parts with their names below.
 * @param {Extract<Drawn, { kind: "parts" }>} drawn */
function parts(drawn) {
  const size = textSize();
  const whole = drawn.parts.reduce((sum, part) => sum + part.value, 0);
  const words = {
    id: "words",
    afterDatasetsDraw: (/** @type {any} */ chart) => {
      const y = chart.chartArea.bottom + size;
      drawn.parts.forEach((part, place) => {
        const align = place === 0 ? "left" : place === drawn.parts.length - 1 ? "right" : "center";
        const x = { left: 0, right: chart.width, center: chart.width / 2 }[align];
        const color = part.tone === "bad" ? token("bad") : token("ink");
        write(chart.ctx, `${part.label} ${part.value.toLocaleString("en")}`, Number(x), y, { align, color });
      });
    },
  };
  return {
    height: 22 + size * 1.9,
    config: {
      type: "bar",
      data: {
        labels: [""],
        datasets: drawn.parts.map((part) => ({
          data: [part.value],
          backgroundColor: token(part.tone),
          borderColor: token("paper"),
          borderWidth: { right: 1 },
          barThickness: 18,
        })),
      },
      options: {
        ...plain,
        indexAxis: "y",
        layout: { padding: { bottom: size * 1.9 } },
        onClick: (/** @type {any} */ _event, /** @type {any[]} */ found) => {
          if (found.length) location.assign(drawn.parts[found[0].datasetIndex].url);
        },
        scales: { x: { display: false, stacked: true, min: 0, max: whole }, y: { display: false, stacked: true } },
      },
      plugins: [words],
    },
  };
}

/** @type {Record<string, (drawn: any, width: number) => { height: number, config: any }>} */
const KINDS = { bars, line, columns, parts };
/** @type {{ box: HTMLElement, drawn: Drawn, chart: any, width: number }[]} */
const shown = [];

/** @param {HTMLElement} box @param {Drawn} drawn @param {number} width */
function draw(box, drawn, width) {
  const { height, config } = KINDS[drawn.kind](drawn, width);
  box.style.height = `${Math.round(height)}px`;
  config.options.devicePixelRatio = Math.max(2, window.devicePixelRatio);
  return new Chart(/** @type {HTMLCanvasElement} */ (box.querySelector("canvas")), config);
}

/** Anew where the width changes what is drawn; `paper` in print, where nothing can be measured yet.
 * @param {number} [paper] */
function redraw(paper) {
  for (const each of shown) {
    const width = paper ?? each.box.clientWidth;
    if (width === each.width || !width) continue;
    each.chart.destroy();
    each.box.style.width = paper ? `${paper}px` : "";
    each.chart = draw(each.box, each.drawn, width);
    each.width = width;
  }
}

if (Chart) {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  for (const box of document.querySelectorAll("[data-chart]")) {
    if (!(box instanceof HTMLElement)) continue;
    const data = document.getElementById(box.dataset.chart ?? "");
    if (!data) continue;
    /** @type {Drawn} */
    const drawn = JSON.parse(data.textContent ?? "");
    box.hidden = false;
    shown.push({ box, drawn, chart: draw(box, drawn, box.clientWidth), width: box.clientWidth });
    box.closest(".figure")?.querySelector("details")?.removeAttribute("open");
  }
  /** @type {number | undefined} */
  let soon;
  window.addEventListener("resize", () => {
    clearTimeout(soon);
    soon = window.setTimeout(() => redraw(), 150);
  });
  window.addEventListener("beforeprint", () => redraw(PAPER));
  window.addEventListener("afterprint", () => redraw());
}
