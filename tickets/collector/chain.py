"""The chain of one provider's batches: written before the sealed file, never trimmed.

Each link has the batch's header, its digest and the digest of the one before, so that nothing can be repeated,
reordered or taken out without being seen, and a lost outbox is sealed again to the same digest.

Source: C-012, C-014, C-015.
"""

from collections.abc import Iterator

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
    """The links of one provider, in order. `links` has those from the newest receipted one on, `last` is the newest.

    Of the others a digest is kept in memory: a batch every five minutes is a hundred thousand of them a year.
    """

    def __init__(self, journal: Journal, receipted: int = 0) -> None:
        self._journal = journal
        self.links: dict[int, Link] = {}
        self.last: Link | None = None
        self.carried: set[str] = set()
        """Digests of the layouts that some batch carries."""
        self._digests: dict[int, bytes] = {}
        for link in self._read():
            self._note(link)
            if link.number < receipted:
                del self.links[link.number]

    def _read(self) -> Iterator[Link]:
        reader = JournalReader(self._journal, 0)
        while entries := reader.read(500):
            for entry in entries:
                yield msgspec.json.decode(entry.payload, type=Link)

    def _note(self, link: Link) -> None:
        self.links[link.number] = link
        self._digests[link.number] = bytes.fromhex(link.digest)
        self.carried.update(link.layouts)
        if self.last is None or link.number >= self.last.number:
            self.last = link

    def forget(self, before: int) -> None:
        """Batches before this one have their receipts."""
        for number in [one for one in self.links if one < before]:
            del self.links[number]

    def recall(self, first: int) -> None:
        """The provider has lost what it had from this one on."""
        self.links.update((link.number, link) for link in self._read() if link.number >= first)

    def every(self) -> Iterator[Link]:
        """All of them; one that was sealed again comes again."""
        return self._read()

    def digest(self, number: int) -> str:
        """The digest of a batch, or "" where there is none of that number."""
        link = self.links.get(number)
        return self._digests.get(number, b"").hex() if link is None else link.digest

    @property
    def next_number(self) -> int:
        """The number of the next batch."""
        return self.last.number + 1 if self.last else 1

    @property
    def last_digest(self) -> str:
        """What the next batch names as the one before."""
        return self.last.digest if self.last else FIRST

    @property
    def last_ticket(self) -> int:
        """The newest ticket that is in a batch."""
        return self.last.header.last if self.last else 0

    def add(self, link: Link, now_ms: int) -> None:
        """Make a link durable. Batches of the same number (sealed again) replace each other."""
        self._journal.append(msgspec.json.encode(link))
        self._journal.commit(now_ms)
        self._note(link)

    def has_room(self) -> bool:
        """Whether the disk takes another link."""
        return self._journal.check_space() in ("OPEN", "LOW")

    def close(self, now_ms: int) -> None:
        """Release the files."""
        self._journal.close(now_ms)
