"""Pieces of an SVG picture, and how a picture is shown.

Pictures have a light background of their own: a notebook shows SVG as an image, which cannot see the page's theme.
"""

from html import escape

from IPython.display import display

INK, FAINT, LINE, CARD, BLUE, GREEN = "#1f2933", "#52606d", "#7b8794", "#f8fafc", "#2563eb", "#047857"
CHAR = 7.9  # pixels: width of a character


def text(x, y, words, color, bold=False):
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x:.1f}" y="{y}" fill="{color}"{weight} xml:space="preserve">{escape(words)}</text>'


def line(path, color, width, more=""):
    return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width}" {more}/>'


def box(x, y, width, height, radius, fill, stroke="none", dashed=False):
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}"'
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<rect {place} fill="{fill}" stroke="{stroke}"{dashes}/>'


def svg(width, height, shapes):
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" \
font-family="Consolas, Menlo, 'DejaVu Sans Mono', monospace" font-size="13">
<marker id="arrow" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="7" markerHeight="7" orient="auto">\
<path d="M0,0 L8,4 L0,8 z" fill="{BLUE}"/></marker>
{box(0.5, 0.5, width - 1, height - 1, 8, CARD, LINE)}
{chr(10).join(shapes)}
</svg>"""


def publish(picture, words):
    display({"image/svg+xml": picture, "text/plain": words}, raw=True)
