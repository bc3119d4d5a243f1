"""Pages that stand alone: charts drawn into them, no script, nothing fetched, and the same input gives the same bytes.

Rule 1. Everything that is somebody's text is escaped; a page may not run or load anything, and says so to the browser.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any
from xml.etree import ElementTree as ET

import pygal
from pygal import PluginImportFixer
from pygal.style import Style

# Finds plug-ins by an old name; it would be asked for every module that anybody imports from now on, with a warning.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, PluginImportFixer)]

_MOST_LABELS = 12
BLUE, ORANGE, GREEN, RED = "#5b6c8f", "#d9822b", "#2d8a4e", "#c23030"
_GUIDE = "#dce0e5"
_LOOK = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1c2127;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}h3{font-size:1rem}
table{border-collapse:collapse;margin:.75rem 0;display:block;overflow-x:auto}
th,td{padding:.2rem .75rem;border-bottom:1px solid #dce0e5;text-align:right}
th:first-child,td:first-child{text-align:left}.t td,.t th{text-align:left}.dim{color:#5f6b7c;font-size:.85rem}
blockquote{margin:.25rem 0 .25rem 1rem;font-style:italic}svg{max-width:100%;height:auto}article{margin:1rem 0}
"""


def bars(
    name: str, labels: Sequence[str], series: Mapping[str, Sequence[float]], colours: Sequence[str] = (BLUE, ORANGE)
) -> str:
    """Return a bar chart as SVG. `name` is the chart's own on its page; each series has a colour."""
    every = max(1, -(-len(labels) // _MOST_LABELS))
    style = Style(
        background="transparent", plot_background="transparent", colors=tuple(colours), transition="0s",
        font_family="system-ui, sans-serif", guide_stroke_color=_GUIDE, major_guide_stroke_color=_GUIDE,
        guide_stroke_dasharray="0", major_guide_stroke_dasharray="0",
    )  # fmt: skip
    chart = pygal.Bar(
        style=style, width=960, height=320, js=(), legend_at_bottom=True, x_label_rotation=30,
        show_minor_x_labels=False,
    )  # fmt: skip
    chart.uuid = name  # its own would be another one each time
    chart.x_labels = list(labels)
    chart.x_labels_major = list(labels[::every])
    for title, values in series.items():
        chart.add(title, list(values))
    return _drawing(chart.render_tree())


def _drawing(root: ET.Element) -> str:
    """Return the drawing without its scripts and comments: one of them is the day on which it was drawn."""
    for parent in root.iter():
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2] == "script":
                parent.remove(child)
    return ET.tostring(root, encoding="unicode")


def page(title: str, parts: Iterable[str]) -> str:
    """Return a whole page; the parts are HTML."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width">',
            f"<style>{_LOOK}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            *parts,
            "</body></html>",
            "",
        )
    )


def heading(text: str, level: int = 2) -> str:
    """Return a heading."""
    return f"<h{level}>{escape(text)}</h{level}>"


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, texts: bool = False) -> str:
    """Return a table; a value of None is a dash. `texts`: all columns are text."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(_cell(each) for each in row)}</tr>" for row in rows)
    look = ' class="t"' if texts else ""
    return f"<table{look}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:  # noqa: ANN401 -- a number, a text, a shaded cell or nothing
    if isinstance(value, Shaded):
        return f'<td style="background:{value.colour}">{escape(value.text)}</td>'
    if value is None:
        return "<td>&ndash;</td>"
    return f"<td>{value:,}</td>" if isinstance(value, int) else f"<td>{escape(str(value))}</td>"


class Shaded:
    """A cell with a background. `share` from 0 to 1 is how dark it is."""

    def __init__(self, text: str, share: float, rgb: tuple[int, int, int] = (217, 130, 43)) -> None:
        """Take the text, the shade and the colour."""
        self.text = text
        self.colour = f"rgba({rgb[0]},{rgb[1]},{rgb[2]},{round(share, 3)})"
