"""Which partition of a ledger keeps the accounts that a request is about, and the way to it.

Source: charging.md 4.4, decisions 8, 14, 15.
"""

from ain_scp.billing.charging.events import AnyEvent, Authorize, Remote
from ain_scp.billing.charging.partition import OF_CALL, Router
from ain_scp.scp.edges.charging.partition_link import PartitionGone, PartitionLink


class Partitions:
    """Every partition's link, and which request is for which. Links are put in place as processes come and go."""

    def __init__(self, router: Router, count: int) -> None:
        self.router = router
        self.links: list[PartitionLink | None] = [None] * count

    def link(self, home: int) -> PartitionLink:
        """The way to a partition; PartitionGone."""
        link = self.links[home]
        if link is None or not link.up:
            raise PartitionGone
        return link

    def home(self, asked: AnyEvent, day: int) -> int | None:
        """The partition of whoever pays for a request, whatever call it names; None for two of them."""
        found = self.router.of(asked, day)
        return next(iter(found)) if len(found) == 1 else None

    def named_before(self, asked: AnyEvent, home: int | None) -> int | None:
        """Of a call that begins: another partition that had a call of this name, and has to be asked whether it still knows it."""
        if home is None or not isinstance(asked, Authorize | Remote):
            return None
        before = self.router.call(asked.call)
        if before is None or before == home:
            self.router.note(asked.call, home)
            return None
        return before

    async def find(self, call: str) -> int | None:
        """The partition of a call; None when no one knows it, PartitionGone when one that might cannot be asked."""
        known = self.router.call(call)
        if known is not None:
            return known
        for home in range(len(self.links)):
            if await self.link(home).asked("knows", call):
                self.router.note(call, home)
                return home
        return None

    async def home_of(self, asked: AnyEvent, day: int) -> int | None:
        """As `home`, of a request about a call as well; PartitionGone. A name that is taken elsewhere is refused there."""
        name = getattr(asked, "call", "")
        if name and not isinstance(asked, Authorize | Remote):
            found = await self.find(name)
            if found is not None or isinstance(asked, OF_CALL):
                return found or 0
        home = self.home(asked, day)
        before = self.named_before(asked, home)
        if before is not None and home is not None:
            if await self.link(before).asked("knows", name):
                return before
            self.router.note(name, home)
        return home
