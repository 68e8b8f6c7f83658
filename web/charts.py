"""Charts as SVG that the server draws: no script, no inline style, and the numbers beside them in words."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from gateway.model import Value
from web.format import number
from web.language import gettext

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640, 200, 34, 12, 24
_GAP = 0.25  # of a bar's width


class Bar(Value):
    """One bar: what stands under it, how much it is, and where its rows are ("" for nowhere)."""

    label: str
    count: int
    url: str = ""


def bars(series: Sequence[Bar], title: str) -> Markup:
    """A chart of bars; with nothing to draw, a sentence.  Whoever does not see it hears the same in words."""
    if not any(bar.count for bar in series):
        return Markup('<p class="quiet">{}</p>').format(in_words(series, title))
    top = max(bar.count for bar in series)
    step = (_WIDTH - _LEFT) / len(series)
    drawn = Markup("").join(_bar(bar, n, step, top) for n, bar in enumerate(series))
    labels = Markup("").join(_label(bar, n, step) for n, bar in enumerate(series) if _is_labelled(n, len(series)))
    floor = _HEIGHT - _BOTTOM
    axis = Markup(
        '<line class="axis" x1="{left}" x2="{width}" y1="{floor}" y2="{floor}"/>'
        '<text x="{end}" y="{high}" text-anchor="end">{top}</text><text x="{end}" y="{floor}" text-anchor="end">0</text>'
    ).format(left=_LEFT, width=_WIDTH, floor=floor, end=_LEFT - 6, high=_TOP + 8, top=number(top))
    head = Markup('<svg class="chart" viewBox="0 0 {w} {h}" role="group" aria-label="{said}">')
    return head.format(w=_WIDTH, h=_HEIGHT, said=in_words(series, title)) + axis + drawn + labels + Markup("</svg>")


def in_words(series: Sequence[Bar], title: str) -> str:
    """The chart as a sentence."""
    if not any(bar.count for bar in series):
        return gettext("%(title)s: chưa có số liệu", title=title)
    most, last = max(series, key=lambda bar: bar.count), series[-1]
    return gettext(
        "%(title)s: nhiều nhất %(most)s (%(then)s), gần nhất %(last)s (%(lately)s)",
        title=title,
        most=number(most.count),
        then=most.label,
        last=number(last.count),
        lately=last.label,
    )


def _bar(bar: Bar, n: int, step: float, top: int) -> Markup:
    height = round((_HEIGHT - _TOP - _BOTTOM) * bar.count / top, 1)
    said = f"{bar.label}: {number(bar.count)}"
    drawn = Markup('<rect class="bar" x="{x}" y="{y}" width="{w}" height="{h}"><title>{said}</title></rect>').format(
        x=round(_LEFT + n * step + step * _GAP / 2, 1),
        y=round(_HEIGHT - _BOTTOM - height, 1),
        w=round(step * (1 - _GAP), 1),
        h=height,
        said=said,
    )
    if not bar.url or not bar.count:
        return drawn
    return Markup('<a href="{url}" aria-label="{said}">{drawn}</a>').format(url=bar.url, said=said, drawn=drawn)


def _label(bar: Bar, n: int, step: float) -> Markup:
    middle = round(_LEFT + n * step + step / 2, 1)
    return Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(middle, _HEIGHT - 8, escape(bar.label))


def _is_labelled(n: int, count: int) -> bool:
    """As many labels as there is room for, the last one among them."""
    every = max(1, -(-count // 8))
    return (count - 1 - n) % every == 0
