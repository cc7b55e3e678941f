"""How figures and times are written on pages."""

from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from flask import Flask, request

from lms import clock
from lms.web import charts

WEEKDAYS = "一二三四五六日"
QUARTERS = ("", ".25", ".5", ".75")


def quarters(value: int) -> str:
    """Quarter-hours as 学时: 6 → "1.5"."""
    whole, rest = divmod(abs(value), 4)
    return f"{'-' if value < 0 else ''}{whole}{QUARTERS[rest]}"


def seconds(value: int) -> str:
    """Seconds as minutes: 462 → "7:42", 4000 → "1:06:40"."""
    hours, rest = divmod(max(int(value), 0), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def day(value: date | datetime) -> str:
    """11月27日 周五; another year is named."""
    on = clock.today(value) if isinstance(value, datetime) else value
    year = "" if on.year == clock.today(clock.now()).year else f"{on.year}年"
    return f"{year}{on.month}月{on.day}日 周{WEEKDAYS[on.weekday()]}"


def moment(value: datetime) -> str:
    """11月27日 周五 15:00."""
    return f"{day(value)} {clock.local(value):%H:%M}"


def time_of_day(value: datetime) -> str:
    """15:00, on a Shanghai wall clock."""
    return f"{clock.local(value):%H:%M}"


def score(value: int) -> str:
    """Thousandths of a point: 8500 → "8.5"."""
    return f"{Decimal(value) / 1000:f}".rstrip("0").rstrip(".") if value % 1000 else str(value // 1000)


def exact_score(value: int) -> str:
    """Thousandths of a point in full, for averages that stand under each other: 55000 → "55.000"."""
    return f"{Decimal(value) / 1000:.3f}"


def size(value: int) -> str:
    """Bytes for people: 2147483648 → "2.0 GB"."""
    amount = float(value)
    for unit in ("B", "KB", "MB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit in ("B", "KB") else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GB"


def percent(value: float) -> str:
    """A share of one: 0.914 → "91.4%"."""
    return f"{value * 100:.1f}".rstrip("0").rstrip(".") + "%"


def page_link(number: int) -> str:
    """This list's address at another page, with the same filters."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k != "page"]
    return f"{request.path}?{urlencode([*kept, ('page', str(number))])}"


def sort_link(key: str, default: str) -> dict[str, str]:
    """For a column's head: the address that sorts this list by it, the other way round when it already is, and how it is sorted now."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in ("page", "sort", "order")]
    is_now = request.args.get("sort", default) == key
    downwards = is_now and request.args.get("order") == "descending"
    order = "ascending" if downwards or not is_now else "descending"
    url = f"{request.path}?{urlencode([*kept, ('sort', key), ('order', order)])}"
    return {"url": url, "sorted": ("descending" if downwards else "ascending") if is_now else ""}


def register_filters(app: Flask) -> None:
    named = {"quarters": quarters, "clock": seconds, "day": day, "moment": moment, "score": score, "bytes": size}
    named |= {"exact_score": exact_score, "time_of_day": time_of_day}
    named |= {"column_layers": charts.column_layers, "column_rows": charts.column_rows}
    app.jinja_env.filters.update({**named, "percent": percent})
    app.jinja_env.globals.update(page_link=page_link)
