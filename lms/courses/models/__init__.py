"""The tables of courses, one module per aggregate."""

from lms.courses.models.course import Course, Lesson
from lms.courses.models.resource import Resource, ResourceReview

__all__ = ["Course", "Lesson", "Resource", "ResourceReview"]
