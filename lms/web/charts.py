"""The repeated parts of drawings, written in one go: of hundreds of small figures a template would escape each by itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

Columns = Sequence[Mapping[str, Any]]
"""{label, values: [one number per layer]}"""


def column_layers(columns: Columns, top: float) -> Markup:
    """The stacked layers of each column, bottom first, in a drawing that is `top` high and ten wide for each column; a layer of nothing is
    left out."""
    drawn = []
    for number, column in enumerate(columns):
        y = top
        for layer, value in enumerate(column["values"], 1):
            if value:
                y -= value
                drawn.append(f'<rect class="layer-{layer}" x="{number * 10 + 2}" y="{y}" width="6" height="{value}"/>')
    return Markup("".join(drawn))


def column_rows(columns: Columns) -> Markup:
    """The rows of the table behind the drawing: label, each value, their sum."""
    rows = []
    for column in columns:
        values = column["values"]
        cells = "".join([f'<td class="end">{value}</td>' for value in (*values, sum(values))])
        rows.append(f'<tr><th scope="row">{escape(column["label"])}</th>{cells}</tr>')
    return Markup("".join(rows))
