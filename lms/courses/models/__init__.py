"""The tables of courses, one module per aggregate."""

from lms.courses.models.building import CourseImport, QuickCourse
from lms.courses.models.course import Course, Lesson, Prerequisite, Section
from lms.courses.models.package import PackageResult
from lms.courses.models.resource import Resource, ResourceComment, ResourceRating, ResourceReview
from lms.courses.models.shelf import ResourceFavourite, ResourceNote, ResourceTag, Series, Speaker
from lms.courses.models.viewing import Beat, CourseProgress, LessonProgress, Viewing

__all__ = [
    "Beat",
    "Course",
    "CourseImport",
    "CourseProgress",
    "Lesson",
    "LessonProgress",
    "PackageResult",
    "Prerequisite",
    "QuickCourse",
    "Resource",
    "ResourceComment",
    "ResourceFavourite",
    "ResourceNote",
    "ResourceRating",
    "ResourceReview",
    "ResourceTag",
    "Section",
    "Series",
    "Speaker",
    "Viewing",
]
