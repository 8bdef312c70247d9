"""The layout that one source is read with: a shipped one or a file, and what the settings say of this source alone.

What differs is written into the layout's text, so that it travels with the tickets and both sides read them alike.

Source: C-010.
"""

import re
from collections.abc import Callable

from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.tickets.collector.settings import Source
from ain_scp.tickets.layout.library import shipped
from ain_scp.tickets.layout.parsing import parse
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.names import SettingsError


def layout_of(source: Source, base: Layout, site_text: Callable[[str], str]) -> Layout:
    """A source's own layout; SettingsError names the key that does not fit. `site_text` reads a site file."""
    text = base.text
    for field, form in source.formats.items():
        text = _with_format(text, field, form, source)
    table = _reading(source, site_text)
    if table:
        text += "\n[reading]\n" + "\n".join(table) + "\n"
    if text == base.text:
        return base
    try:
        return parse(text, f"source {source.name}", shipped)
    except ProvisioningError as fault:
        raise SettingsError(
            "\n".join(f"source {source.name}: {one.text}" for one in fault.problems)
        ) from fault


def _with_format(text: str, field: str, form: str, source: Source) -> str:
    line = re.compile(rf'^({re.escape(field)}\s*=\s*\{{[^\n]*?\bformat\s*=\s*)"[^"\n]*"', re.MULTILINE)
    if set(form) & set('"\\\n') or not line.search(text):
        raise SettingsError(
            f"source {source.name}: formats.{field}: the layout has no field {field} with a format"
        )
    return line.sub(lambda found: f'{found[1]}"{form}"', text, count=1)


def _reading(source: Source, site_text: Callable[[str], str]) -> list[str]:
    rows = []
    if source.date_from_receipt:
        rows.append("date_from_receipt = true")
    if source.clock_offset_s:
        rows.append(f"clock_offset_s = {source.clock_offset_s}")
    if source.dialed_includes_access_code is not None:
        rows.append(f"dialed_includes_access_code = {str(source.dialed_includes_access_code).lower()}")
    if source.site:
        rows.append(f"site = '''\n{site_text(source.site)}'''")
    return rows
