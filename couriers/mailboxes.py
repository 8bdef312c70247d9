"""Mail comes in: a maildir, or a mailbox by IMAP or POP3 over TLS.

`fetch` gives each mail that it has not given before; a mail is removed only by `remove`, after what it brought is
durable. Other people's mails are left alone.

Source: C-008; RFC 9051, RFC 1939, RFC 2595.
"""

import mailbox
import poplib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from ain_scp.couriers.keyring import read_passphrase
from ain_scp.couriers.mail import MOST_OCTETS, Content, read_mail
from ain_scp.couriers.smtp import TIMEOUT_S, context_of
from ain_scp.couriers.tcp import endpoint
from ain_scp.tickets.collector.settings import Mailbox
from ain_scp.tickets.names import SettingsError

if TYPE_CHECKING:
    pass

_LONG_LINE: Final = 1 << 20


class MailboxFault(Exception):
    """A mailbox that cannot be reached now; the text has neither user nor password."""


class Reading(Protocol):
    """An open mailbox."""

    def keys(self, seen: set[str]) -> Iterator[str]:
        """Keys of mails that are not in `seen`; those too large are added to it."""

    def fetch(self, key: str) -> bytes | None:
        """The octets of one; None when it is gone."""

    def remove(self, key: str) -> None:
        """Remove one."""

    def close(self) -> None:
        """End; what was removed is gone for good."""

    def release(self) -> None:
        """Let go of the connection, however it stands."""


class Maildir:
    """A directory of mails, as a mail server writes it."""

    def __init__(self, place: Path) -> None:
        if not (place / "new").is_dir():
            raise MailboxFault(f"{place}: no maildir")
        self._box = mailbox.Maildir(str(place), create=False)

    def keys(self, seen: set[str]) -> Iterator[str]:
        """In order of their names."""
        return iter(sorted(set(self._box.keys()) - seen))

    def fetch(self, key: str) -> bytes | None:
        """As much as a mail may have, and one octet more."""
        try:
            with self._box.get_file(key) as stream:
                return stream.read(MOST_OCTETS + 1)
        except (KeyError, FileNotFoundError):  # another program moved it meanwhile
            return None

    def remove(self, key: str) -> None:
        """Remove one."""
        self._box.discard(key)

    def close(self) -> None:
        """Nothing to do."""

    def release(self) -> None:
        """Let go of the directory."""
        self._box.close()


class Imap:
    """A folder of an IMAP server."""

    def __init__(self, base: Path, settings: Mailbox) -> None:
        import imapclient

        host, port = endpoint(settings.server, "server")
        context = context_of(base, settings.ca)
        implicit = settings.tls == "implicit"
        self._client: imapclient.IMAPClient = imapclient.IMAPClient(
            host, port, ssl=implicit, ssl_context=context if implicit else None, timeout=TIMEOUT_S
        )
        try:
            if not implicit:
                self._client.starttls(context)
            self._client.login(settings.user, read_passphrase(base / settings.password_file).decode())
            self._client.select_folder(settings.folder)
        except BaseException:
            self.release()
            raise

    def keys(self, seen: set[str]) -> Iterator[str]:
        """In order of their numbers."""
        numbers = [one for one in self._client.search(["UNDELETED"]) if str(one) not in seen]
        for number in sorted(numbers):
            facts = self._client.fetch([number], ["RFC822.SIZE"])
            if facts.get(number, {}).get(b"RFC822.SIZE", 0) > MOST_OCTETS:
                seen.add(str(number))
                continue
            yield str(number)

    def fetch(self, key: str) -> bytes | None:
        """It is not marked as read."""
        found = self._client.fetch([int(key)], ["BODY.PEEK[]"]).get(int(key), {}).get(b"BODY[]")
        return found if isinstance(found, bytes) else None

    def remove(self, key: str) -> None:
        """Mark as deleted and expunge."""
        self._client.delete_messages([int(key)])
        self._client.expunge()

    def close(self) -> None:
        """Log out."""
        self._client.logout()

    def release(self) -> None:
        """Close the socket: the library leaves that of TLS open."""
        with suppress(OSError):
            self._client.socket().close()


class Pop3:
    """A POP3 mailbox. What was removed is gone when the session ends properly; cut off, it comes again."""

    def __init__(self, base: Path, settings: Mailbox) -> None:
        poplib._MAXLINE = _LONG_LINE  # type: ignore[attr-defined]  # noqa: SLF001 - 2,048 of the library is for lines of mail programs
        host, port = endpoint(settings.server, "server")
        context = context_of(base, settings.ca)
        self._client: poplib.POP3
        if settings.tls == "implicit":
            self._client = poplib.POP3_SSL(host, port, timeout=TIMEOUT_S, context=context)
        else:
            self._client = poplib.POP3(host, port, timeout=TIMEOUT_S)
        try:
            if settings.tls != "implicit":
                self._client.stls(context)
            self._client.user(settings.user)
            self._client.pass_(read_passphrase(base / settings.password_file).decode())
        except BaseException:
            self._client.close()
            raise
        self._numbers: dict[str, int] = {}

    def keys(self, seen: set[str]) -> Iterator[str]:
        """In order of their numbers, known by their unique ids; poplib.error_proto for a list that is none."""
        try:
            sizes = {int(number): int(size) for number, size, *_ in map(bytes.split, self._client.list()[1])}
            self._numbers = {
                key.decode(): int(number)
                for number, key in (row.split(maxsplit=1) for row in self._client.uidl()[1])
            }
        except ValueError as fault:
            raise poplib.error_proto(f"a line of LIST or UIDL that is none: {fault}") from fault
        for key, number in self._numbers.items():
            if key in seen:
                continue
            if sizes.get(number, 0) > MOST_OCTETS:
                seen.add(key)
                continue
            yield key

    def fetch(self, key: str) -> bytes | None:
        """As its lines come."""
        return b"\r\n".join(self._client.retr(self._numbers[key])[1])

    def remove(self, key: str) -> None:
        """Mark as deleted."""
        self._client.dele(self._numbers[key])

    def close(self) -> None:
        """Commit what was removed."""
        self._client.quit()

    def release(self) -> None:
        """Close the socket."""
        with suppress(OSError):
            self._client.close()


def open_mailbox(base: Path, settings: Mailbox) -> Reading:
    """Open one; MailboxFault while it cannot be reached."""
    if settings.kind == "maildir":
        return Maildir(base / settings.path)
    try:
        return Imap(base, settings) if settings.kind == "imap" else Pop3(base, settings)
    except ImportError as fault:
        raise SettingsError("kind imap needs the extra: pip install 'ain-scp[tickets]'") from fault
    except faults() as fault:
        raise MailboxFault(f"{settings.server}: {type(fault).__name__}") from fault


def faults() -> tuple[type[Exception], ...]:
    """What the libraries raise when a server says no or goes away."""
    found: list[type[Exception]] = [poplib.error_proto, OSError]
    try:
        from imapclient.exceptions import IMAPClientError
    except ImportError:
        return tuple(found)
    return (*found, IMAPClientError)


class Inbox:
    """One mailbox over time: what was looked at and left is not fetched again, and it is asked every so often."""

    def __init__(self, base: Path, settings: Mailbox) -> None:
        self._base, self._settings = base, settings
        self._seen: set[str] = set()
        self._not_before = 0.0

    def due(self, now: float) -> bool:
        """Whether it is time to look; `now` is monotonic seconds."""
        if now < self._not_before:
            return False
        self._not_before = now + self._settings.every_s
        return True

    def each(self, content: Content, take: "Take") -> None:
        """Give the part of each new mail that has one to `take`; remove those it says are done. MailboxFault when the server goes away."""
        box = open_mailbox(self._base, self._settings)
        try:
            for key in box.keys(self._seen):
                mail = box.fetch(key)
                if mail is None:
                    continue
                part = read_mail(mail, content)
                del mail  # the part of a large one is held alone while it is judged
                if part is not None and take(part):
                    box.remove(key)
                else:
                    self._seen.add(key)
            box.close()
        except faults() as fault:
            raise MailboxFault(f"{self._settings.server}: {type(fault).__name__}") from fault
        finally:
            box.release()


class Take(Protocol):
    """Takes the part of a mail; whether the mail may be removed."""

    def __call__(self, octets: bytes, /) -> bool:
        """Take one."""
