"""The tables of courses, one module per aggregate."""

from lms.courses.models.building import CourseImport, QuickCourse
from lms.courses.models.course import Course, Lesson, Prerequisite, Section
from lms.courses.models.package import PackageResult
from lms.courses.models.resource import Resource, ResourceRating, ResourceReview
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
    "ResourceRating",
    "ResourceReview",
    "Section",
    "Viewing",
]
