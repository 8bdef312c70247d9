"""Mail goes out: SMTP with TLS always, the server's name checked, and a log-in where the settings have one.

Source: C-008; RFC 3207, RFC 4954.
"""

import smtplib
import ssl
from pathlib import Path
from typing import Final

from ain_scp.couriers.keyring import read_passphrase
from ain_scp.couriers.mail import Mail
from ain_scp.couriers.tcp import endpoint
from ain_scp.tickets.collector.settings import Smtp

TIMEOUT_S: Final = 30.0
MOST_OCTETS: Final = 20 << 20


def context_of(base: Path, ca: str) -> ssl.SSLContext:
    """Certificates checked and names, too; `ca`: who issues the server's, else the system's authorities."""
    return ssl.create_default_context(cafile=str(base / ca) if ca else None)


def send(base: Path, settings: Smtp, mail: Mail) -> str:
    """Hand one mail over; why it was not taken, or "". The words hold neither names of people nor secrets."""
    if mail.length > MOST_OCTETS:
        return f"a mail of {mail.length} octets: at most {MOST_OCTETS}; set [batch] octets lower"
    host, port = endpoint(settings.server, "server")
    context = context_of(base, settings.ca)
    try:
        if settings.tls == "implicit":
            with smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context) as server:
                _give(base, settings, server, mail)
        else:
            with smtplib.SMTP(host, port, timeout=TIMEOUT_S) as server:
                server.starttls(context=context)
                _give(base, settings, server, mail)
    except smtplib.SMTPResponseException as fault:
        return f"{settings.server}: {type(fault).__name__} {fault.smtp_code}"
    except (
        smtplib.SMTPException,
        OSError,
        UnicodeError,
    ) as fault:  # UnicodeError: an address that is not ASCII
        return f"{settings.server}: {type(fault).__name__}"
    return ""


def _give(base: Path, settings: Smtp, server: smtplib.SMTP, mail: Mail) -> None:
    """Hand it over in pieces: the library's own way makes several copies of the whole."""
    if settings.user:
        server.login(settings.user, read_passphrase(base / settings.password_file).decode())
    server.ehlo_or_helo_if_needed()
    sender, recipients = mail.parties.addresses
    reply = server.mail(sender, [f"size={mail.length}"] if server.has_extn("size") else [])
    if reply[0] != 250:
        raise smtplib.SMTPSenderRefused(*reply, sender)
    replies = {address: server.rcpt(address) for address in recipients}
    if not any(code in (250, 251) for code, _words in replies.values()):
        raise smtplib.SMTPRecipientsRefused(replies)
    reply = server.docmd("DATA")
    if reply[0] == 354:
        for piece in mail.pieces():
            server.send(piece)
        reply = server.docmd(".")
    if reply[0] != 250:
        raise smtplib.SMTPDataError(*reply)
