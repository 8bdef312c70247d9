"""libusrsctp that is not installed is named with what to install."""

from ain_scp.transport import sctp_usr_library


def test_what_is_missing_is_named_and_nothing_where_it_is_there(monkeypatch):
    monkeypatch.setattr(sctp_usr_library, "find", lambda: None)
    assert sctp_usr_library.missing() == "libusrsctp is not installed: apt-get install libusrsctp2"
    monkeypatch.setattr(sctp_usr_library, "find", object)
    assert sctp_usr_library.missing() is None
