"""The chain of one provider's batches: written before the sealed file, never trimmed.

Each link has the batch's header, its digest and the digest of the one before, so that nothing can be repeated,
reordered or taken out without being seen, and a lost outbox is sealed again to the same digest.

Source: C-012, C-014, C-015.
"""

import msgspec

from ain_scp.journal.reader import JournalReader
from ain_scp.journal.writer import Journal
from ain_scp.tickets.envelope.content import FIRST, Header


class Link(msgspec.Struct, frozen=True):
    """One batch. `layouts` are the digests of the layouts that it carries; fingerprints of the keys used last.

    `sources` has the digest of the layout of each source, so that a batch can be made again after a layout has changed.
    """

    number: int
    head: str
    digest: str
    previous: str
    layouts: tuple[str, ...]
    signed_by: str
    sealed_to: str
    sources: dict[str, str] = {}

    @property
    def header(self) -> Header:
        """The header that was written."""
        return msgspec.json.decode(self.head, type=Header)


class Chain:
    """The links of one provider, in order."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.links: dict[int, Link] = {}
        reader = JournalReader(journal, 0)
        while entries := reader.read(500):
            for entry in entries:
                link = msgspec.json.decode(entry.payload, type=Link)
                self.links[link.number] = link

    @property
    def last(self) -> Link | None:
        """The newest link."""
        return self.links[max(self.links)] if self.links else None

    @property
    def next_number(self) -> int:
        """The number of the next batch."""
        return max(self.links, default=0) + 1

    @property
    def last_digest(self) -> str:
        """What the next batch names as the one before."""
        return self.last.digest if self.last else FIRST

    @property
    def last_ticket(self) -> int:
        """The newest ticket that is in a batch."""
        return self.last.header.last if self.last else 0

    @property
    def carried(self) -> set[str]:
        """Digests of the layouts that some batch carries."""
        return {digest for link in self.links.values() for digest in link.layouts}

    def add(self, link: Link, now_ms: int) -> None:
        """Make a link durable. Batches of the same number (sealed again) replace each other."""
        self._journal.append(msgspec.json.encode(link))
        self._journal.commit(now_ms)
        self.links[link.number] = link

    def has_room(self) -> bool:
        """Whether the disk takes another link."""
        return self._journal.check_space() in ("OPEN", "LOW")

    def close(self, now_ms: int) -> None:
        """Release the files."""
        self._journal.close(now_ms)
