"""The tables of courses, one module per aggregate."""

from lms.courses.models.course import Course, Lesson
from lms.courses.models.package import PackageResult
from lms.courses.models.resource import Resource, ResourceReview
from lms.courses.models.viewing import Beat, CourseProgress, LessonProgress, Viewing

__all__ = [
    "Beat",
    "Course",
    "CourseProgress",
    "Lesson",
    "LessonProgress",
    "PackageResult",
    "Resource",
    "ResourceReview",
    "Viewing",
]
