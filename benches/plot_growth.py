"""Draws docs/growth.svg from growth.csv beside this script.

    python benches/plot_growth.py

The drawing has no background, and its colours can be seen on white and on black, because readers of
the README use both.
"""

import csv
import math
import pathlib
from collections import defaultdict
from html import escape

HERE = pathlib.Path(__file__).parent

TITLES = {
    "size": ("Session size", "bytes of JSON text"),
    "keys": ("Number of keys, at 2.9 KB", "keys"),
    "cookies": ("Cookies in the header, at 300 B", "cookies"),
    "secrets": ("Verify-only secrets, at 300 B", "secrets beside the signing one"),
    "threads": ("Threads decoding at once, at 300 B", "threads"),
}

INK, FAINT = "#768390", "#76839055"
COLOURS = ["#3b82f6", "#e07b16", "#16a34a", "#b65cf0"]

PANEL_WIDTH, PANEL_HEIGHT = 440, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 34, 48
COLUMNS = 2
LEGEND_LINE = 16


def read(path):
    """Returns the fastest run at each x in microseconds, by chart and series."""
    charts = defaultdict(lambda: defaultdict(list))
    with path.open() as file:
        for row in csv.DictReader(file):
            point = int(row["x"]), float(row["lowest_ns"]) / 1000
            charts[row["chart"]][row["series"]].append(point)
    return charts


def ticks(highest, about=5):
    """Returns round numbers from 0 up to at least `highest`."""
    rough = highest / about
    power = 10 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough)
    return [step * index for index in range(math.ceil(highest / step) + 1)]


def text(x, y, words, size=12, anchor="start", extra=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{INK}" {extra}>{escape(words)}</text>')


def line(x1, y1, x2, y2, colour):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


class Panel:
    """One chart at its place in the drawing."""

    def __init__(self, name, series, left, top):
        self.name, self.series = name, series
        self.left, self.top = left + LEFT, top + TOP
        self.width = PANEL_WIDTH - LEFT - RIGHT
        self.height = PANEL_HEIGHT - TOP - BOTTOM
        points = [point for line in series.values() for point in line]
        # The legend is above the curves, so the curves get the space below it.
        legend = len(series) * LEGEND_LINE / self.height
        self.y_ticks = ticks(max(cost for _, cost in points) / (1 - legend))
        self.x_ticks = ticks(max(x for x, _ in points), about=6)
        self.x_most, self.y_most = max(x for x, _ in points) * 1.02, self.y_ticks[-1]

    def x(self, value):
        return self.left + self.width * value / self.x_most

    def y(self, value):
        return self.top + self.height * (1 - min(value / self.y_most, 1))

    def draw(self):
        title, unit = TITLES[self.name]
        right, bottom = self.left + self.width, self.top + self.height
        yield text(self.left, self.top - 14, title, 14, extra='font-weight="600"')
        yield text(self.left + self.width / 2, bottom + 36, unit, anchor="middle")
        yield text(0, 0, "µs per operation", anchor="middle", extra="transform=\"translate("
                   f"{self.left - 40:.1f} {self.top + self.height / 2:.1f}) rotate(-90)\"")
        for value in self.y_ticks:
            yield line(self.left, self.y(value), right, self.y(value), FAINT)
            yield text(self.left - 7, self.y(value) + 4, f"{value:g}", 11, "end")
        for value in (value for value in self.x_ticks if value <= self.x_most):
            yield line(self.x(value), bottom, self.x(value), bottom + 4, INK)
            yield text(self.x(value), bottom + 17, f"{value:g}", 11, "middle")
        # The floor, which the others are compared with, is last in the legend.
        for index, (series, points) in enumerate(sorted(self.series.items(), key=lambda one: "alone" in one[0])):
            yield from self.curve(index, series, points)

    def curve(self, index, series, points):
        """Draws a curve, and its line in the legend."""
        # Every floor is grey, and has its own pattern of dashes.
        dash = f'stroke-dasharray="{2 + 2 * index} 3"' if "alone" in series else ""
        colour = INK if dash else COLOURS[index]
        places = " ".join(f"{self.x(x):.1f},{self.y(cost):.1f}" for x, cost in points)
        stroke = f'fill="none" stroke="{colour}" stroke-width="2" {dash}'
        yield f'<polyline points="{places}" stroke-linejoin="round" {stroke}/>'
        y = self.top + 10 + index * LEGEND_LINE
        yield f'<path d="M{self.left + 10} {y - 4}h24" {stroke}/>'
        yield text(self.left + 40, y, series, 11)


def note(left, top):
    """Writes what a reader must know into the free place."""
    lines = ["The fastest of nine runs at each place,", "because other work of the machine only adds time.",
             "The signature is HMAC-SHA512.", "At most eight cookies of one name are tried.",
             "Threads: the total time divided by", "the number of decodes, on two cores."]
    for index, words in enumerate(lines):
        yield text(left + LEFT, top + TOP + 30 + index * 20, words, 12)


def main():
    charts = read(HERE / "growth.csv")
    drawing = []
    for index, name in enumerate(TITLES):
        left, top = index % COLUMNS * PANEL_WIDTH, index // COLUMNS * PANEL_HEIGHT
        drawing += Panel(name, charts[name], left, top).draw()
    index = len(TITLES)
    drawing += note(index % COLUMNS * PANEL_WIDTH, index // COLUMNS * PANEL_HEIGHT)
    width, height = COLUMNS * PANEL_WIDTH, math.ceil((index + 1) / COLUMNS) * PANEL_HEIGHT
    svg = "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui, sans-serif" role="img" '
        'aria-label="How the cost of a session grows">',
        *drawing,
        "</svg>",
    ])
    (HERE.parent / "docs" / "growth.svg").write_text(svg + "\n")


if __name__ == "__main__":
    main()
