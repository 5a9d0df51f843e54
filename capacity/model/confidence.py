"""How far may an answer be trusted?"""

from enum import StrEnum


class Confidence(StrEnum):
    """Of a knee by its interval and the agreement of other methods, of a cause by its marks."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
