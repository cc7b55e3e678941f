"""Forms of the library: search with filters, notes and remarks at a place, series, where a resource stands."""

from collections.abc import Mapping

from lms.courses.library_rules import FIRST_YEAR, SORT_NAMES, TAG_CHARACTERS_MOST, Sort, Spot, spot_of, tags_of
from lms.courses.queries.library import Wanted
from lms.courses.review_rules import KIND_NAMES, LINE_NAMES, Line, ResourceKind
from lms.courses.services.shelf import Catalogue, SeriesFacts
from lms.web.fields import (
    BooleanField,
    IntegerField,
    Optional,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
    at_most,
    between,
    choices,
    required,
)
from lms.web.forms import Form

Labels = Mapping[str, str]


class SearchForm(Form):
    q = StringField("搜索", [at_most(60)])
    line = SelectField("业务条线", choices=choices({"": "全部", **LINE_NAMES}), default="")
    kind = SelectField("类型", choices=choices({"": "全部", "course": "课程", **KIND_NAMES}), default="")
    series = SelectField("系列", default="")
    year = SelectField("年份", default="")
    speaker = StringField("讲师", [at_most(12)], default="")
    tag = StringField("标签", [at_most(TAG_CHARACTERS_MOST)], default="")
    sort = SelectField("排序", default="")

    def offer(self, series: Labels, years: Labels) -> "SearchForm":
        """The form with what the person may narrow by; the best match exists only in a search."""
        self.series.choices = choices({"": "全部", **series})
        self.year.choices = choices({"": "全部", **years})
        first, *others = list(SORT_NAMES.items()) if (self.q.data or "") else list(SORT_NAMES.items())[1:]
        self.sort.choices = choices({"": first[1], **{code.value: name for code, name in others}})
        return self

    @property
    def is_narrowed(self) -> bool:
        return any(field.data for field in self if field.name not in ("q", "sort"))

    def wanted(self) -> Wanted:
        kind, speaker = self.kind.data or "", self.speaker.data or ""
        return Wanted(
            text=self.q.data or "",
            line=Line(self.line.data) if self.line.data else None,
            kind=ResourceKind(kind) if kind and kind != "course" else None,
            series_id=int(self.series.data) if self.series.data else None,
            speaker_id=int(speaker) if speaker.isascii() and speaker.isdecimal() else None,
            year=int(self.year.data) if self.year.data else None,
            tag=(self.tag.data or "").lower(),
            sort=Sort(self.sort.data) if self.sort.data else None,
        )


class NoteForm(Form):
    """A private note or a reviewer's remark at a place; `for_medium` says what a place is."""

    place = StringField("位置", [at_most(12)])
    text = TextAreaField("内容", [required("请写下内容。"), at_most(500)])

    def for_medium(self, kind: ResourceKind) -> "NoteForm":
        self.is_played = kind in (ResourceKind.VIDEO, ResourceKind.AUDIO)
        self.place.label.text = "时间" if self.is_played else "页码"
        self.place.description = "例如 3:05；不填就是整份。" if self.is_played else "例如 3；不填就是整份。"
        if kind in (ResourceKind.ARTICLE, ResourceKind.LINK, ResourceKind.PACKAGE):
            del self.place
        return self

    @property
    def spot(self) -> Spot:
        typed = self.place.data or "" if "place" in self else ""
        found = spot_of(typed, is_played=self.is_played)
        assert found is not None, "validated"
        return found

    def validate_place(self, field: StringField) -> None:
        if spot_of(field.data or "", is_played=self.is_played) is None:
            raise ValidationError("请写成 3:05 这样的时间。" if self.is_played else "请写页码，例如 3。")


class SeriesForm(Form):
    name = StringField("名称", [required("请填写系列名称。"), at_most(40)])
    summary = TextAreaField("说明", [at_most(300)], description="一两句话：讲什么，多久一期。")
    owner = SelectField("所属单位", [required("请选择单位。")], description="本单位和下级单位的讲师可以选用这个系列。")
    position = IntegerField("排列次序", [Optional(), between(0, 999)], default=0, description="数字小的排在前面。")
    is_closed = BooleanField("已停办，不再收新内容")

    def offer(self, owners: Labels) -> "SeriesForm":
        self.owner.choices = choices(owners)
        return self

    def facts(self) -> SeriesFacts:
        return SeriesFacts(self.name.data, self.summary.data or "", self.position.data or 0, bool(self.is_closed.data))


class CatalogueForm(Form):
    """Where a published resource stands in the library."""

    series = SelectField("系列", default="")
    year = IntegerField("年份", [Optional(), between(FIRST_YEAR, 2100)])
    tags = StringField("标签", [at_most(200)], description="用空格隔开，最多 8 个。")

    def offer(self, series: Labels) -> "CatalogueForm":
        self.series.choices = choices({"": "不属于系列", **series})
        return self

    def given(self) -> Catalogue:
        series = int(self.series.data) if self.series.data else None
        return Catalogue(series, self.year.data, tuple(tags_of(self.tags.data or "")))
