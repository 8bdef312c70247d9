"""A data set whose rules order carriers by what a minute costs."""

import shutil
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "charging"


def dataset(root, rows, rules):
    """A copy of the charging example with tariffs of carriers and the rules (TOML) of profile CONCORD.

    A row of `rows`: carrier, date, destination, scheme, band, connect and price of a minute in cents.
    """
    shutil.copytree(EXAMPLE, root, copy_function=shutil.copyfile)
    with (root / "charging/tariffs.csv").open("a") as file:
        for carrier, date, destination, _, band, connect, price in rows:
            start = f"0.{connect:02d}" if connect else ""
            file.write(
                f"CIC{carrier},{date},*,{destination},*,{band},ms,,{start},,,60s,0.{price:02d},up,,,,\n"
            )
    path = root / "customers/GOLDEN/asf.toml"
    text = path.read_text()
    head = text.index("[profiles.CONCORD]")
    path.write_text(f"{text[:head]}[profiles.CONCORD]\nrules = [\n{rules}\n]\n")
    options = root / "customers/GOLDEN/customer.toml"
    options.write_text(
        options.read_text().replace("ocs = true", "ocs = false", 1)
    )  # nothing is screened or blocked
    return root
