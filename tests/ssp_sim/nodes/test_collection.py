"""Digit collection: when digits are complete, and how a switch reads them."""

import pytest

from ain_scp.ssp_sim.nodes.collection import Completeness, DialedNumber, completeness, read

DONE, MORE, LESS = Completeness.COMPLETE, Completeness.PERHAPS, Completeness.INCOMPLETE


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("", LESS),
        ("9", LESS),
        ("921200", LESS),
        ("9212000", MORE),
        ("92120001", LESS),
        ("4159212000", DONE),
        ("1415921200", LESS),
        ("14159212000", DONE),
        ("0", MORE),
        ("00", DONE),
        ("0415921200", LESS),
        ("04159212000", DONE),
        ("09212000", MORE),
        ("411", DONE),
        ("911", DONE),
        ("011", LESS),
        ("0113314020", MORE),
        ("011331402050501234", DONE),
        ("01", LESS),
        ("013314020", MORE),
        ("101022", LESS),
        ("1010222", MORE),
        ("101022214157770100", DONE),
        ("10102221415", LESS),
        ("1010222011442079460000", MORE),
    ],
)
def test_completeness(digits, expected):
    assert completeness(digits) is expected


@pytest.mark.parametrize(
    ("digits", "number"),
    [
        ("9212000", DialedNumber("9212000", 1)),
        ("4159212000", DialedNumber("4159212000", 3)),
        ("14159212000", DialedNumber("4159212000", 3)),
        ("01133140205050", DialedNumber("33140205050", 4)),
        ("0133140205050", DialedNumber("33140205050", 0x73)),
        ("0", DialedNumber("", 0x74)),
        ("00", DialedNumber("", 0x74)),
        ("04159212000", DialedNumber("4159212000", 0x72)),
        ("09212000", DialedNumber("9212000", 0x71)),
        ("911", DialedNumber("911", 1)),
        ("9501234", DialedNumber("9501234", 0x76)),
        ("1010222", DialedNumber("", 0x75, "0222")),
        ("101022214157770100", DialedNumber("4157770100", 3, "0222")),
        ("10102220", DialedNumber("", 0x74, "0222")),
    ],
)
def test_reading(digits, number):
    assert read(digits) == number


@pytest.mark.parametrize(
    "digits", ["", "1", "12345", "79212000", "1415921200", "0114", "*70", "01144x", "0415"]
)
def test_what_no_pattern_fits_is_a_vacant_code(digits):
    assert not read(digits).valid
