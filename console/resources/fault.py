"""Why a resource cannot be given: a status, one sentence, and problems with a place if there are any.

Source: console.md section 8 (errors); RFC 9457.
"""


class PageFault(Exception):
    """A request that cannot be answered as asked."""

    def __init__(self, status: int, detail: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.problems = problems


def absent(what: str) -> PageFault:
    """What is not there, or not for who asks."""
    return PageFault(404, f"there is no {what}")
