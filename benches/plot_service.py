"""Draws service.svg from service.csv beside this script.

    python benches/plot_service.py

The drawing has no background, and its colours can be seen on white and on black.
"""

import csv
import pathlib
from html import escape

HERE = pathlib.Path(__file__).parent

INK, FAINT = "#768390", "#76839055"
PAGES = {"untouched": "#16a34a", "read": "#3b82f6", "written": "#e07b16"}

LABEL, WIDTH, RIGHT = 250, 470, 150
BAR, GAP, TOP, BOTTOM = 11, 10, 66, 46


def text(x, y, words, size=12, anchor="start", extra=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{INK}" {extra}>{escape(words)}</text>')


def line(x1, y1, x2, y2, colour, extra=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {extra}/>'


def read(path):
    """Returns the lowest, median and highest figure, by framework, server and page."""
    frameworks = {}
    with path.open() as file:
        for row in csv.DictReader(file):
            if row["server"] != row["framework"]:
                servers = frameworks.setdefault(row["framework"], {})
                figures = tuple(float(row[name]) for name in ("lowest", "median", "highest"))
                servers.setdefault(row["server"].removeprefix(row["framework"] + ", "), {})[row["page"]] = figures
    return frameworks


def main():
    frameworks = read(HERE / "service.csv")
    most = max(figures[2] for servers in frameworks.values() for pages in servers.values() for figures in pages.values())
    last = int(most * 2) / 2 + 0.5

    def x(value):
        return LABEL + WIDTH * value / last

    drawing, y = [], TOP
    for framework, servers in frameworks.items():
        drawing.append(text(8, y + 10, framework, 14, extra='font-weight="600"'))
        y += 22
        for server, pages in servers.items():
            drawing.append(text(LABEL - 8, y + BAR * len(pages) / 2 + 4, server, 12, "end"))
            for page, (lowest, median, highest) in pages.items():
                drawing.append(f'<rect x="{LABEL}" y="{y}" width="{x(median) - LABEL:.1f}" height="{BAR - 2}" '
                               f'fill="{PAGES[page]}"/>')
                middle = y + (BAR - 2) / 2
                drawing.append(line(x(lowest), middle, x(highest), middle, INK))
                drawing.append(text(x(highest) + 5, y + BAR - 2, f"{median:.2f}", 10))
                y += BAR
            y += GAP
        y += 6
    axis = []
    for step in range(int(last * 2) + 1):
        value = step / 2
        axis.append(line(x(value), TOP, x(value), y, FAINT))
        axis.append(text(x(value), y + 16, f"{value:g}", 11, "middle"))
    # The framework alone, which every server is compared with.
    axis.append(line(x(1), TOP, x(1), y, INK, 'stroke-dasharray="3 3"'))
    axis.append(text(LABEL + WIDTH / 2, y + 36, "processor time per request; the framework alone is 1", 12, "middle"))
    axis.append(text(8, 20, "The cost of a session in a service", 15, extra='font-weight="600"'))
    for index, (page, colour) in enumerate(PAGES.items()):
        left = LABEL + index * 130
        axis.append(f'<rect x="{left}" y="36" width="12" height="{BAR - 2}" fill="{colour}"/>')
        axis.append(text(left + 18, 45, {"untouched": "never touched", "read": "one key read",
                                        "written": "one key written"}[page], 12))
    width, height = LABEL + WIDTH + RIGHT - 90, y + BOTTOM
    svg = "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="system-ui, sans-serif" role="img" aria-label="The cost of a session in a service">',
        *axis, *drawing, "</svg>",
    ])
    (HERE / "service.svg").write_text(svg + "\n")


if __name__ == "__main__":
    main()
