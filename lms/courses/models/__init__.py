"""The tables of courses, one module per aggregate."""

from lms.courses.models.course import Course, Lesson
from lms.courses.models.resource import Resource, ResourceComment, ResourceReview
from lms.courses.models.shelf import ResourceFavourite, ResourceNote, ResourceTag, Series, Speaker
from lms.courses.models.viewing import Beat, CourseProgress, LessonProgress, Viewing

__all__ = [
    "Beat",
    "Course",
    "CourseProgress",
    "Lesson",
    "LessonProgress",
    "Resource",
    "ResourceComment",
    "ResourceFavourite",
    "ResourceNote",
    "ResourceReview",
    "ResourceTag",
    "Series",
    "Speaker",
    "Viewing",
]
